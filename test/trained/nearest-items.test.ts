import { describe, expect, it } from "vitest";

import { type NdArray, joinRows, rows, zeros } from "../../src/base/ndarray.ts";
import { fold, key, uniform } from "../../src/base/random.ts";
import { arrayDataset } from "../../src/data/array-dataset.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { nearestDistances } from "../../src/trained/nearest-items.ts";
import "../tolerance.ts";

const engine = await nodeEngine({ device: "cpu" });

function bruteForce(items: NdArray, others: NdArray): Float64Array {
  const [n, m] = [items.shape[0]!, others.shape[0]!];
  const d = items.data.length / n;
  return Float64Array.from({ length: n }, (_, i) => {
    let least = Infinity;
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += (items.data[i * d + k]! - others.data[j * d + k]!) ** 2;
      least = Math.min(least, sum);
    }
    return Math.sqrt(least);
  });
}

describe("nearestDistances", () => {
  it.each([
    ["few numbers, fewer items than a block", 40, 90, [3, 2, 1]],
    ["few numbers, several blocks, the last one short", 1203, 10_050, [3, 2, 1]],
    ["many numbers, fewer items than a block", 40, 90, [7, 5, 1]],
    ["many numbers, several blocks, the last one short", 1203, 10_050, [7, 5, 1]],
  ])("equal those of brute force: %s", async (_, n, m, shape) => {
    const others = uniform(key(1), [m, ...shape]);
    const items = joinRows([uniform(key(2), [n - 2, ...shape]), rows(others, m - 1, m), rows(others, 7, 8)]);
    const found = await nearestDistances(engine, items, arrayDataset({ name: "others", kind: "image", items: others }));
    expect(found).toBeAllclose(bruteForce(items, others), { relative: 1e-12 });
    expect([...found.subarray(-2)]).toEqual([0, 0]);
  });

  it.each([2, 40])("are 0 for copies far from the origin: %i numbers", async (d) => {
    const others = uniform(fold(key(3), 1), [50, d]);
    others.data.forEach((value, at) => (others.data[at] = 1e4 + value));
    const data = arrayDataset({ name: "far", kind: "points", items: others });
    expect([...(await nearestDistances(engine, rows(others, 0, 20), data))]).toEqual(new Array(20).fill(0));
  });

  it("distinguish points of a plane that differ by a millionth of their size", async () => {
    const others = uniform(key(4), [2000, 2]);
    others.data.forEach((value, at) => (others.data[at] = 1 + 1e-4 * value));
    const items = uniform(key(5), [300, 2]);
    items.data.forEach((value, at) => (items.data[at] = 1 + 1e-4 * value));
    const found = await nearestDistances(engine, items, arrayDataset({ name: "near", kind: "points", items: others }));
    expect(found).toBeAllclose(bruteForce(items, others), { relative: 1e-12, elementwise: true });
  });

  it("of empty sets are empty", async () => {
    const data = arrayDataset({ name: "one", kind: "points", items: zeros([1, 2], "float32") });
    expect([...(await nearestDistances(engine, zeros([0, 2]), data))]).toEqual([]);
  });
});
