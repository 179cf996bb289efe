import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";

import { openData } from "../../src/node/index.ts";
import { readJson, root, workFolder, zaya } from "../cli/zaya.ts";

const count = 20;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await workFolder());
  await mkdir(join(folder, "photos"));
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules", "zaya"));
  await symlink(join(root, "node_modules", "sharp"), join(folder, "node_modules", "sharp"));
  // Of two colours, in sizes and formats of their own.
  for (let i = 0; i < count; i++) {
    const background = { r: 10 * i, g: i % 2 === 0 ? 255 : 0, b: 0 };
    const image = sharp({ create: { width: 20 + i, height: 30, channels: 3, background } });
    await image.png().toFile(join(folder, "photos", `${String(i).padStart(2, "0")}.png`));
  }
  await writeFile(join(folder, "photos.mjs"), await readFile(join(root, "examples", "streamed-images.js")));
});
afterAll(() => remove());

it("reads each photo on demand", async () => {
  process.env["PHOTOS"] = join(folder, "photos");
  const { train, test } = await openData(join(root, "examples", "streamed-images.js"));
  expect([train.size, test.size, train.shape]).toEqual([18, 2, [32, 32, 3]]);
  const { data } = await train.read([0, 17, 3]);
  const red = [0, 1, 2].map((i) => Math.round(255 * data[i * 32 * 32 * 3]!));
  expect(red.every((value) => value % 10 === 0)).toBe(true);
  expect(red).toEqual([...red].toSorted((a, b) => a - b).toSpliced(1, 2, red[1]!, red[2]!));
});

it("is used by the command line for training, and resumes", async () => {
  const words = [
    "train",
    "vae",
    "--data",
    "photos.mjs",
    "--steps",
    "12",
    "--batch",
    "4",
    "--hidden",
    "8",
    "--out",
    "run",
  ];
  const { code, stderr } = await zaya(folder, ...words, "--likelihood", "gaussian");
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  expect(await readJson(folder, "run", "data.json")).toMatchObject({ name: "photos", train: { size: 18 } });
  expect((await zaya(folder, "resume", "run", "--steps", "16")).code).toBe(0);
  expect(await readJson(folder, "run", "run.json")).toMatchObject({ status: "done", step: 16 });
});

it("is the code of docs/your-own-model.md", async () => {
  const words = (text: string): string => text.split(/\s+/).join(" ");
  const docs = await readFile(join(root, "docs", "your-own-model.md"), "utf8");
  const shown = docs
    .split("```js\n")
    .find((block) => block.startsWith("const pixelsOf"))!
    .split("```")[0]!;
  expect(words(await readFile(join(root, "examples", "streamed-images.js"), "utf8"))).toContain(words(shown).trim());
});
