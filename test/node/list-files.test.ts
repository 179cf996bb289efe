import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import type { SkippedFile } from "../../src/data/index.ts";
import { listFiles } from "../../src/node/list-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-list-"));
});
afterEach(() => rm(folder, { recursive: true }));

// Other systems have no such names.
it.runIf(process.platform === "linux")(
  "lists files in order, follows links, and names what cannot be opened with the reason",
  async () => {
    await mkdir(join(folder, "in", "deep"), { recursive: true });
    for (const file of ["b.png", "B.png", "in/deep/a.png", "Thumbs.db", "desktop.ini", ".hidden", "in/.DS_Store"]) {
      await writeFile(join(folder, file), "x");
    }
    await mkdir(join(folder, "__MACOSX"));
    await writeFile(join(folder, "__MACOSX", "._b.png"), "x");
    await symlink("b.png", join(folder, "link.png"));
    await symlink("nowhere", join(folder, "gone.png"));
    await symlink("round", join(folder, "round"));
    await symlink("..", join(folder, "in", "up"));
    await symlink("/dev/null", join(folder, "device.png"));
    await writeFile(
      Buffer.concat([Buffer.from(join(folder, "latin-")), Buffer.from([0xe9]), Buffer.from(".png")]),
      "x",
    );
    const skipped: SkippedFile[] = [];
    expect(await listFiles(folder, skipped)).toEqual(["B.png", "b.png", "in/deep/a.png", "link.png"]);
    expect(Object.fromEntries(skipped.map(({ file, reason }) => [file, reason]))).toEqual({
      "gone.png": "cannot be read: a broken link (ENOENT)",
      round: "cannot be read: a circular link (ELOOP)",
      "device.png": "neither a file nor a folder",
      "latin-\ufffd.png": "cannot be read: its name is not UTF-8; rename it",
    });
  },
);

it("skips run folders, whose sample pictures are not data, and rejects one as data", async () => {
  await mkdir(join(folder, "runs", "a", "samples"), { recursive: true });
  for (const file of ["photo.png", "runs/a/run.json", "runs/a/config.json", "runs/a/samples/000010.png"]) {
    await writeFile(join(folder, file), "x");
  }
  const skipped: SkippedFile[] = [];
  expect(await listFiles(folder, skipped)).toEqual(["photo.png"]);
  expect(skipped).toEqual([{ file: "runs/a", reason: "the folder of a run, whose pictures are not used as data" }]);
  await expect(listFiles(join(folder, "runs", "a"), [])).rejects.toThrow("the folder of a run");
  // Somebody's own run.json makes no run.
  await writeFile(join(folder, "run.json"), "{}");
  expect(await listFiles(folder, [])).toEqual(["photo.png", "run.json"]);
});
