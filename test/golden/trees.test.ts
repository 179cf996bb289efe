import { expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { boostedTrees } from "../../src/numeric/boosted-trees.ts";
import { readGolden } from "./golden.ts";
import "../tolerance.ts";

const width = 3;
const golden = readGolden<
  Readonly<Record<"features" | "labels" | "importances" | "predicted", readonly number[]>> & { readonly train: number }
>("trees");

it("boosted trees split where scikit-learn's do, on features whose values are all distinct", () => {
  const rows = (from: number, to: number) =>
    ndarray("float64", [to - from, width], Float64Array.from(golden.features.slice(from * width, to * width)));
  const { train, labels } = golden;
  const trees = boostedTrees(rows(0, train), Int32Array.from(labels.slice(0, train)));
  // Where splits are equally good, those of other seeds of theirs are taken: 0.001 either way.
  expect(trees.importances).toBeAllclose(golden.importances, { relative: 0.004 });
  const told = [...trees.predict(rows(train, labels.length))];
  const agree = told.filter((label, i) => label === golden.predicted[i]).length;
  expect(agree / told.length).toBeGreaterThan(0.99);
});
