import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesIn, workFolder, writeTinyData, zaya } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  work = await workFolder();
  await writeTinyData(work.folder);
});
afterAll(() => work.remove());

describe("augmentation that does not fit", () => {
  it.each<[words: string, rule: string, hint: string]>([
    [
      "gan --augment turn --data tiny.npy",
      "augment must be one of none, real-only, dag, diffaugment, ada",
      "augment: ",
    ],
    [
      "gan --augment dag --transforms turn --data tiny.npy",
      "transforms must be one or more of identity, rotation",
      "transforms: ",
    ],
    ["wgan --transforms flip --data tiny.npy", "augment: none does not take transforms - got flip", "--augment dag"],
    [
      "pacgan --augment diffaugment --transforms flip --data tiny.npy",
      "diffaugment does not take transforms",
      "--augment",
    ],
    [
      "veegan --augment ada --lambda-v 1 --data tiny.npy",
      "augment: ada does not take lambdaV - got 1",
      "--augment dag",
    ],
    ["wgan-gp --augment ada --data tiny.npy", "got a critic", "--augment dag"],
    ["unrolled-gan --augment dag --transforms crop --data ring8", "got crop, which is for images", "rotation"],
    ["adagan --augment diffaugment --data ring8", "diffaugment is for images - got points", "--augment dag"],
    ["classifier --transforms flip --data tiny.npy", "got flip with --task class", "--task transform"],
  ])("%s is rejected before anything is written, with a hint", async (words, rule, hint) => {
    const before = await filesIn(work.folder);
    const { code, stdout, stderr } = await zaya(work.folder, "train", ...words.split(" "));
    expect([code, stdout]).toEqual([2, ""]);
    const [error, advice] = stderr.split("\n");
    expect(error).toMatch(/^error: /);
    expect(error).toContain(rule);
    expect(advice).toMatch(/^hint: /);
    expect(advice).toContain(hint);
    expect(await filesIn(work.folder)).toEqual(before);
  });
});
