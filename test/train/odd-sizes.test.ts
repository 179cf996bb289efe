import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { parseOptions } from "../../src/base/options.ts";
import { type DataSplit, arrayDataset, pairDataset, splitOff } from "../../src/data/index.ts";
import { models } from "../../src/models/index.ts";
import { planRun } from "../../src/run/index.ts";
import { interpreter } from "../../src/runtime/index.ts";

function images(height: number, width: number): DataSplit {
  const items = ndarray("uint8", [8, height, width, 3], new Uint8Array(8 * height * width * 3));
  return splitOff(arrayDataset({ name: "x", kind: "image", items, labels: Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1) }));
}

function pairs(height: number, width: number): DataSplit {
  const of = (part: keyof DataSplit) => {
    const a = images(height, width)[part];
    return pairDataset("x", { a, b: a, aligned: true });
  };
  return { train: of("train"), test: of("test") };
}

/** The sizes that the refusal of images of a size names; null where they are taken. */
async function sizesAdvised(recipe: string, options: object, data: DataSplit): Promise<number[] | null> {
  const definition = models.find(({ name }) => name === recipe)!;
  try {
    await planRun(
      { definition, options: parseOptions(definition.options, options, recipe) },
      data,
      {},
      { engine: interpreter() },
    );
    return null;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return [...error.hint!.matchAll(/--size (\d+)/g)].map(([, size]) => Number(size));
  }
}

describe("images of odd sizes", () => {
  it.each([
    ["vae", { arch: "conv" }, images],
    ["autoencoder", { arch: "conv" }, images],
    ["gan", {}, images],
    ["wgan", {}, images],
    ["veegan", {}, images],
    ["classifier", {}, images],
    ["cyclegan", {}, pairs],
    ["pix2pix", {}, pairs],
  ] as const)("are rejected by %s %j with possible sizes, if any", async (recipe, options, data) => {
    for (const [height, width] of [
      [17, 17],
      [30, 30],
      [33, 33],
      [30, 20],
      [1, 1],
      [7, 90],
    ] as const) {
      const sizes = await sizesAdvised(recipe, options, data(height, width));
      if (sizes === null) continue;
      expect(sizes.length).toBeGreaterThan(0);
      for (const size of new Set(sizes)) expect(await sizesAdvised(recipe, options, data(size, size))).toBeNull();
    }
  });

  it("are rejected with the nearest sizes on either side", async () => {
    expect(await sizesAdvised("cyclegan", {}, pairs(17, 17))).toEqual([16, 20]);
    expect(await sizesAdvised("gan", {}, images(33, 35))).toEqual([32, 36]);
    expect(await sizesAdvised("vae", { arch: "conv" }, images(1, 1))).toEqual([4]);
  });
});
