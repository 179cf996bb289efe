import { describe, expect, it } from "vitest";

import { scalar } from "../../src/base/ndarray.ts";
import { type Tree, flatten, mapTree, unflatten } from "../../src/base/tree.ts";

describe("a tree", () => {
  const leaves = [1, 2, 3].map((value) => scalar(value));
  const tree: Tree<(typeof leaves)[number]> = {
    encoder: { 0: { weight: leaves[0]!, bias: leaves[1]! } },
    scale: leaves[2]!,
  };

  it("has leaves with dotted paths, in insertion order", () => {
    expect([...flatten(tree)]).toEqual([
      ["encoder.0.weight", leaves[0]],
      ["encoder.0.bias", leaves[1]],
      ["scale", leaves[2]],
    ]);
  });

  it("is restored from its leaves", () => {
    expect(unflatten(flatten(tree))).toEqual(tree);
    expect(flatten(unflatten<number>([]))).toEqual(new Map());
  });

  it("is mapped leaf by leaf, with paths", () => {
    const paths = mapTree(tree, (leaf, path) => `${path}=${leaf.data[0]}`);
    expect([...flatten(paths).values()]).toEqual(["encoder.0.weight=1", "encoder.0.bias=2", "scale=3"]);
  });
});
