import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-example-"));
  await mkdir(join(folder, "photos"));
  for (let i = 0; i < 24; i++) {
    const background = { r: 10 * i, g: 255 - 10 * i, b: 128 };
    const image = sharp({ create: { width: 40 + i, height: 48, channels: 3, background } });
    await image.png().toFile(join(folder, "photos", `${i}.png`));
  }
});
afterAll(() => rm(folder, { recursive: true }));

it("trains on a folder of images through the package's own exports, and writes a run", async () => {
  const out = join(folder, "run");
  const { stdout } = await run(process.execPath, ["examples/train-on-images.js", join(folder, "photos"), out, "5"]);
  expect(stdout).toMatch(/^-?[\d.]+ nats per image; see .*report\.html\n$/);
  expect((await readdir(out)).toSorted()).toEqual([
    "checkpoints",
    "config.json",
    "data.json",
    "eval",
    "export",
    "metrics.jsonl",
    "pictures",
    "report.html",
    "run.json",
    "samples",
  ]);
});
