import { expect, it } from "vitest";

import { fromNumbers } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { arrayDataset } from "../../src/data/index.ts";
import type { Model } from "../../src/models/index.ts";
import { abs, reshape, slice, sub } from "../../src/ops/index.ts";
import { interpreter } from "../../src/runtime/index.ts";
import { TrainedModel } from "../../src/trained/index.ts";
import { scoresOf } from "../../src/diagnosis/scores.ts";
import { recordedOverfit } from "../../src/evaluation/overfit-record.ts";
import { packsOf, packsWith } from "../../src/step/packs.ts";

const five = fromNumbers([0, 1, 2, 3, 4], [5, 1]);

it("packs contain each item once, the last filled up from the first", () => {
  const packs = packsOf(five, 2);
  expect(packs.shape).toEqual([3, 2, 1]);
  expect([...packs.data]).toEqual([0, 1, 2, 3, 4, 0]);
  expect(packsOf(five)).toBe(five);
});

it("packs with other items contain the same ones after each item", () => {
  const packs = packsWith(fromNumbers([8, 9], [2, 1]), five, 4, 3);
  expect(packs.shape).toEqual([2, 3, 1]);
  expect([...packs.data]).toEqual([8, 4, 0, 9, 4, 0]);
});

/** How far the two numbers of a pack are apart: what tells items of a distribution from one item again and again. */
function pairJudge(): TrainedModel {
  const model: Model = {
    nets: {},
    steps: [],
    maps: {
      judge: {
        inputs: { x: [2, 1] },
        outputs: ({ x }) => {
          const pair = reshape(x!, [x!.shape[0]!, 2]);
          return { score: abs(sub(slice(pair, 1, 0, 1), slice(pair, 1, 1, 2))) };
        },
      },
    },
    discriminator: { map: "judge", input: "x", output: "score", boundary: { score: 0, margin: 1 }, packing: 2 },
  };
  const engine = interpreter();
  return new TrainedModel(model, {}, engine, engine.createState({}), { step: 0, steps: 1 });
}

it("a discriminator of packs is evaluated on packs of different items, as in training", async () => {
  const part = (seed: number) => arrayDataset({ name: "x", kind: "points", items: normal(key(seed), [2000, 1]) });
  const data = { train: part(1), test: part(2) };
  const collapsed = fromNumbers(
    Array.from({ length: 1000 }, () => 0.3),
    [1000, 1],
  );
  expect(await scoresOf(pairJudge(), data, collapsed, key(3))).toEqual({ train: 1, heldOut: 1 });
  const found = await recordedOverfit(pairJudge(), data, key(3));
  // Two standard normal numbers are 2 / sqrt(pi) apart in the mean.
  const expected = 2 / Math.sqrt(Math.PI);
  const stderr = Math.sqrt((2 - expected ** 2) / 250);
  expect(Math.abs(found["overfit/scores/train"]! - expected)).toBeLessThan(4 * stderr);
  expect(Math.abs(found["overfit/scores/heldOut"]! - expected)).toBeLessThan(4 * stderr);
});
