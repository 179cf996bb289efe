import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesIn, tiny, workFolder, writeTinyData, zaya, zayaWith } from "./zaya.ts";

const short = [...tiny, "--steps", "3"];

let work: Awaited<ReturnType<typeof workFolder>>;
let folder: string;
beforeAll(async () => {
  work = await workFolder();
  folder = work.folder;
  await writeTinyData(folder);
  expect((await zaya(folder, ...short, "--out", "run", "--quiet")).code).toBe(0);
});
afterAll(() => work.remove());

/** What is under a folder, and what it holds. */
async function contentOf(path: string): Promise<[string, string][]> {
  const names = (await filesIn(path)).filter((name) => !name.endsWith("/"));
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => [name, await readFile(join(path, name), "latin1")]),
  );
}

describe("a home directory that is not writable", () => {
  it("is not reported to the user", async () => {
    const { code, stderr } = await zayaWith(
      { HOME: "/proc/nowhere" },
      folder,
      "sample",
      "run",
      "--out",
      "homeless.png",
    );
    expect([code, stderr]).toEqual([0, ""]);
  });
});

describe("a non-empty folder", () => {
  const config = '{ "recipe": "vae", "data": { "spec": "tiny.npy" }, "train": { "steps": 3, "batch": 8 } }';
  it.each(["config.json", "checkpoints/000003/state.json", "notes.txt"])(
    "is rejected for a new run, and left unchanged: %s",
    async (file) => {
      const mine = join(folder, "mine");
      await mkdir(join(mine, file, ".."), { recursive: true });
      await writeFile(join(mine, file), config);
      await writeFile(join(folder, "other.json"), config);
      const given = file === "config.json" ? "mine/config.json" : "other.json";
      const before = await contentOf(mine);
      const { code, stderr } = await zaya(folder, "train", "--config", given, "--out", "mine");
      expect(stderr).toContain(`the output folder must be new or empty - got mine, which holds ${file.split("/")[0]}`);
      expect(code).toBe(2);
      expect(await contentOf(mine)).toEqual(before);
      await rm(mine, { recursive: true });
    },
  );

  it("keeps its config when a start fails", async () => {
    const mine = join(folder, "mine");
    await mkdir(mine);
    await writeFile(join(mine, "config.json"), config);
    for (const words of [
      ["--data", "nowhere.npy"],
      ["--batch", "4000"],
      ["--device", "webgpu"],
    ]) {
      const { code } = await zaya(folder, "train", "--config", "mine/config.json", "--out", "mine", ...words);
      expect(code).toBe(2);
      expect(await contentOf(mine)).toEqual([["config.json", config]]);
    }
    await rm(mine, { recursive: true });
  });
});

describe("a file that exists", () => {
  it.each<[what: string, words: string[]]>([
    ["sample", ["sample", "run", "-n", "4", "--out"]],
    ["reconstruct", ["reconstruct", "run", "--out"]],
    ["traverse", ["traverse", "run", "--out"]],
  ])("is not replaced by zaya %s, even if it is a broken link", async (_, words) => {
    await writeFile(join(folder, "mine.png"), "mine");
    await symlink("nowhere.png", join(folder, "link.png"));
    for (const out of ["mine.png", "link.png"]) {
      const { code, stderr } = await zaya(folder, ...words, out);
      expect(stderr).toContain(`the output must be a new file - got ${out}, which exists`);
      expect(code).toBe(2);
    }
    expect(await readFile(join(folder, "mine.png"), "utf8")).toBe("mine");
    expect(await filesIn(folder)).not.toContain("nowhere.png");
    await rm(join(folder, "mine.png"));
    await rm(join(folder, "link.png"));
  });

  it("is written by one of four concurrent processes; the others report that it exists", async () => {
    const outcomes = await Promise.all(
      [1, 2, 3, 4].map((seed) =>
        zaya(folder, "sample", "run", "-n", "4", "--seed", String(seed), "--out", "raced.npy", "--json"),
      ),
    );
    expect(outcomes.map(({ code }) => code).toSorted()).toEqual([0, 2, 2, 2]);
    for (const { code, stderr } of outcomes) if (code === 2) expect(stderr).toContain("got raced.npy, which exists");
    const won = outcomes.findIndex(({ code }) => code === 0);
    await zaya(folder, "sample", "run", "-n", "4", "--seed", String(won + 1), "--out", "alone.npy");
    expect(await readFile(join(folder, "raced.npy"))).toEqual(await readFile(join(folder, "alone.npy")));
    expect((await filesIn(folder)).filter((name) => name.includes(".tmp"))).toEqual([]);
  });
});

describe("long names", () => {
  const long = "画".repeat(72);
  it("are written: a folder and a file of 72 CJK characters", async () => {
    await cp(join(folder, "run"), join(folder, long), { recursive: true });
    expect(await zaya(folder, "sample", long, "-n", "4")).toMatchObject({ code: 0, stderr: "" });
    expect(await zaya(folder, "sample", "run", "-n", "4", "--out", `${long}.npy`)).toMatchObject({ code: 0 });
    expect(await filesIn(folder)).toContain(`${long}.npy`);
    const { code, stderr } = await zaya(folder, "sample", "run", "-n", "4", "--out", `${"画".repeat(85)}.npy`);
    expect(stderr).toContain("a name must be at most 255 bytes long");
    expect(code).toBe(2);
  });
});

describe("a location that accepts no files", () => {
  it.runIf(process.platform === "linux")("is rejected immediately, whatever was to be written", async () => {
    for (const words of [
      ["export", "run", "--out", "/proc/onnx"],
      ["sample", "run", "--out", "/proc/a/b/"],
      ["sample", "run", "--out", "/proc/s.npy"],
      [...short, "--out", "/proc/new/run"],
    ]) {
      const { code, stderr } = await zaya(folder, ...words);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining("the folder must accept new files - got ENOENT for /proc/"),
      ]);
    }
  });

  it("is named if it is a link to a missing path", async () => {
    await symlink("nowhere", join(folder, "dangling"));
    const train = await zaya(folder, ...short, "--out", "dangling");
    expect([train.code, train.stderr]).toEqual([2, expect.stringContaining("got dangling, a link to a missing path")]);
    const sample = await zaya(folder, "sample", "run", "--out", "dangling/");
    expect([sample.code, sample.stderr]).toEqual([2, expect.stringContaining("or a link to a missing path")]);
    expect(await filesIn(join(folder, "nowhere"))).toEqual([]);
  });
});

describe("error messages about arguments", () => {
  it("are printed before anything is written, in zaya's own terms", async () => {
    const twice = await zaya(folder, "sample", "run", "--seeds", "3,5,3", "--out", "twice/");
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("got two for twice/seed3.png")]);
    expect(await filesIn(join(folder, "twice"))).toEqual([]);
    for (const step of ["0", "-3", "1.5"]) {
      const { code, stderr } = await zaya(folder, "sample", "run", `--checkpoint=${step}`);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`must be last, best or a positive integer - got ${step}`),
      ]);
    }
    await writeFile(join(folder, "file.png"), "mine");
    const studio = await zaya(folder, "studio", "file.png");
    expect([studio.code, studio.stderr]).toEqual([
      2,
      expect.stringContaining("must be a folder of runs, or a zip file of them - got file.png, a file"),
    ]);
  });
});
