import { describe, expect, it } from "vitest";

import { fromNumbers, full } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { type Dataset, arrayDataset } from "../../src/data/index.ts";
import { type Tensor, constant } from "../../src/graph/tensor.ts";
import type { NetMap } from "../../src/models/index.ts";
import { add, mean, mul } from "../../src/ops/index.ts";
import { recordedOverfit } from "../../src/evaluation/overfit-record.ts";
import { even, handMade, images, pairsOf, splitOf, translatorOf } from "../train/hand-made.ts";

const shape = [4, 4, 1];

/** How bright each image is, [n, 1]. */
const brightness = (x: Tensor): Tensor => mean(x, { axes: [1, 2] });

/** A map from an image to so many times its brightness. */
const scoring = (times: number): NetMap => ({
  inputs: { x: shape },
  outputs: ({ x }) => ({ score: mul(brightness(x!), times) }),
});

const domain = (name: string, values: readonly number[]): Dataset => images(name, even(values, shape));

describe("overfit/scores", () => {
  it("are the mean scores of training and of held-out items", async () => {
    const trained = handMade({
      maps: { discriminator: scoring(10) },
      discriminator: { map: "discriminator", input: "x", output: "score", boundary: null },
    });
    const data = splitOf(domain("train", [0.1, 0.2, 0.6]), domain("test", [0.5, 0.9]));
    const found = await recordedOverfit(trained, data, key(1));
    // Standard deviations of 2.6 over three scores, of 2.8 over two.
    expect(found["overfit/scores/stderr"]).toBeCloseTo(Math.sqrt(7 / 3 + 8 / 2), 5);
    expect(Object.keys(found)).toEqual(["train", "heldOut", "stderr"].map((part) => `overfit/scores/${part}`));
    expect(found["overfit/scores/train"]).toBeCloseTo(3, 6);
    expect(found["overfit/scores/heldOut"]).toBeCloseTo(7, 6);
  });

  it("include generated items, from a generator's own noise", async () => {
    const trained = handMade({
      maps: {
        discriminator: scoring(10),
        generator: {
          inputs: { z: shape },
          outputs: ({ z }) => ({ samples: add(mul(z!, 0), constant(full(shape, 0.3))) }),
        },
      },
      discriminator: { map: "discriminator", input: "x", output: "score", boundary: null },
      generator: { map: "generator", input: "z", output: "samples", noise: "normal", shape },
    });
    const data = splitOf(domain("train", [0.1, 0.2, 0.6]), domain("test", [0.5, 0.9]));
    expect((await recordedOverfit(trained, data, key(1)))["overfit/scores/generated"]).toBeCloseTo(3, 5);
  });

  it("of a direction of translation are those of its target domain", async () => {
    const { maps, translators } = translatorOf(shape, { AtoB: (x) => x, BtoA: (x) => x });
    const discriminator = (map: string) => ({ map, input: "x", output: "score" });
    const trained = handMade({
      maps: { ...maps, ofA: scoring(1), ofB: scoring(10) },
      translators: {
        AtoB: { ...translators!.AtoB!, discriminator: discriminator("ofB") },
        BtoA: { ...translators!.BtoA!, discriminator: discriminator("ofA") },
      },
    });
    const train = pairsOf(domain("A", [0.1, 0.2, 0.6]), domain("B", [0.4, 0.8]), false);
    const test = pairsOf(domain("A", [0.5]), domain("B", [0.7]), false);
    const found = await recordedOverfit(trained, splitOf(train, test), key(1));
    const expected = {
      "scores of AtoB/train": 6,
      "scores of AtoB/heldOut": 7,
      "scores of AtoB/generated": 3,
      "scores of BtoA/train": 0.3,
      "scores of BtoA/heldOut": 0.5,
      "scores of BtoA/generated": 0.6,
    };
    expect(Object.keys(found)).toEqual(Object.keys(expected).map((name) => `overfit/${name}`));
    for (const [name, value] of Object.entries(expected)) expect(found[`overfit/${name}`], name).toBeCloseTo(value, 6);
  });

  it("of a discriminator of pairs are computed with the paired image", async () => {
    const { maps, translators } = translatorOf(shape, { BtoA: (x) => x });
    const both: NetMap = {
      inputs: { source: shape, x: shape },
      // Of other pairs, or the other way round, it is another number.
      outputs: ({ source, x }) => ({ score: add(mul(brightness(source!), brightness(x!)), brightness(x!)) }),
    };
    const trained = handMade({
      maps: { ...maps, both },
      translators: {
        BtoA: { ...translators!.BtoA!, discriminator: { map: "both", input: "x", source: "source", output: "score" } },
      },
    });
    const train = pairsOf(domain("A", [0.2, 0.4]), domain("B", [0.1, 0.9]), true);
    const test = pairsOf(domain("A", [1]), domain("B", [0.5]), true);
    const found = await recordedOverfit(trained, splitOf(train, test), key(1));
    expect(found["overfit/scores of BtoA/train"]).toBeCloseTo((0.2 * 1.1 + 0.4 * 1.9) / 2, 6);
    expect(found["overfit/scores of BtoA/heldOut"]).toBeCloseTo(1.5, 6);
  });
});

describe("overfit/memorised", () => {
  const points = (seed: number, count: number): Dataset =>
    arrayDataset({ name: "points", kind: "points", items: normal(key(seed), [count, 2]) });
  const train = points(1, 50);

  /** Of a generator that gives the same point whatever the noise. */
  async function shareOf(point: ArrayLike<number>, heldOut: number): Promise<number | undefined> {
    const always = constant(fromNumbers(point));
    const trained = handMade({
      maps: { generator: { inputs: { z: [2] }, outputs: ({ z }) => ({ samples: add(mul(z!, 0), always) }) } },
      generator: { map: "generator", input: "z", output: "samples", noise: "normal", shape: [2] },
    });
    return (await recordedOverfit(trained, splitOf(train, points(2, heldOut)), key(3)))["overfit/memorised"];
  }

  it("is 1 for samples that are training items, and 0 for samples far away", async () => {
    expect(await shareOf((await train.read([7])).data, 100)).toBe(1);
    expect(await shareOf([9, 9], 100)).toBe(0);
  });

  it("is omitted if a hundredth of the held-out items is less than one item", async () => {
    expect(await shareOf([9, 9], 99)).toBeUndefined();
  });
});
