import { describe, expect, it } from "vitest";

import { key } from "../../src/base/random.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { mul } from "../../src/ops/index.ts";
import { logged, snapshotsIn } from "../../src/diagnosis/sample-snapshots.ts";
import { TranslationSnapshots } from "../../src/diagnosis/translation-snapshots.ts";
import { even, handMade, images, translatorOf } from "../train/hand-made.ts";

const shape = [4, 4, 1];
const constant = (x: Tensor): Tensor => mul(x, 0);

/** Values a third apart, and the same twice as far apart. */
const a = images("a", even([0, 1 / 3], shape));
const b = images("b", even([0, 2 / 3], shape));
const snapshots = await TranslationSnapshots.open({ a, b, aligned: false }, key(1));

describe("snapshots at translations", () => {
  it("compare translations with real images of the target domain", async () => {
    const copies = handMade(translatorOf(shape, { AtoB: (x) => x, BtoA: (x) => x }));
    const { step, diversity } = await snapshots.snapshot(copies, 300);
    expect(step).toBe(300);
    expect(diversity.map(({ way }) => way)).toEqual(["AtoB", "BtoA"]);
    expect(diversity[0]!.value).toBeCloseTo(1 / 2, 6);
    expect(diversity[1]!.value).toBeCloseTo(2, 6);
  });

  it("detect collapse to one image, in either direction", async () => {
    const { diversity } = await snapshots.snapshot(handMade(translatorOf(shape, { BtoA: constant })), 1);
    expect(diversity).toEqual([{ way: "BtoA", value: 0 }]);
  });

  it("report the distance between real images as one number", () => {
    expect(snapshots.spread).toBeCloseTo((1 / 3 + 2 / 3) / 2, 6);
  });

  it("are parsed as they were logged", async () => {
    const snapshot = await snapshots.snapshot(handMade(translatorOf(shape, { AtoB: (x) => x, BtoA: constant })), 40);
    const series = Object.entries(logged(snapshot)).map(
      ([name, value]) => [name, { steps: [40], values: [value] }] as const,
    );
    expect(series.map(([name]) => name)).toEqual(["samples/diversity/AtoB", "samples/diversity/BtoA"]);
    expect(snapshotsIn(new Map(series))).toEqual([snapshot]);
  });
});
