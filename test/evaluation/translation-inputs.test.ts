import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { key } from "../../src/base/random.ts";
import { classConsistency } from "../../src/metrics/index.ts";
import { sub } from "../../src/ops/index.ts";
import { type Features } from "../../src/trained/index.ts";
import { evaluator } from "../../src/evaluation/index.ts";
import { even, handMade, images, pairsOf, translatorOf } from "../train/hand-made.ts";

const shape = [4, 4, 1];

/** Turns black into white. */
const inverting = handMade(translatorOf(shape, { AtoB: (x) => sub(1, x), BtoA: (x) => sub(1, x) }));

/** Tells an image by how bright it is, of so many classes. */
function brightness(classes: number): Features {
  const of = async ({ data, shape: [n] }: { data: ArrayLike<number>; shape: readonly number[] }) =>
    Int32Array.from({ length: n! }, (_, i) => Math.round(4 * data[16 * i]!));
  return { id: "brightness", resize: "none", of: async (items) => items, classifier: { classes, of } };
}

describe("class-consistency", () => {
  // The fourth is taken for another class than its own.
  const dark = images("dark", even([0, 0.25, 0.5, 0.25], shape), [4, 3, 2, 1]);
  const bright = images("bright", even([1, 0.75, 0.5, 0.25], shape), [4, 3, 2, 1]);
  const subject = { trained: inverting, data: pairsOf(dark, bright, true), part: "test", key: key(1) };

  it("is the fraction of translated images that keep their class, next to that of the true targets", async () => {
    const result = await evaluator({ ...subject, features: brightness(5) })(classConsistency, { direction: "AtoB" });
    expect(result).toMatchObject({ value: 3 / 4, n: 4, details: { ofTruth: 1 } });
  });

  it.each([4, 6, 10])("rejects a classifier of %i classes for data with five", async (classes) => {
    const measured = evaluator({ ...subject, features: brightness(classes) })(classConsistency, {});
    const error = await measured.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toBe(
      `class-consistency: --features must be a classifier of the 5 classes of dark - got brightness, of ${classes}`,
    );
  });

  it("uses the classes of the training items, too", async () => {
    const training = pairsOf(images("dark", even([0.1], shape), [6]), images("bright", even([0.9], shape)), false);
    const measure = (classes: number) =>
      evaluator({ ...subject, training, features: brightness(classes) })(classConsistency, {});
    await expect(measure(5)).rejects.toThrow("the 7 classes of dark - got brightness, of 5");
    expect((await measure(7)).value).toBe(3 / 4);
  });
});
