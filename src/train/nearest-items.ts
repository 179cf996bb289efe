import { type NdArray, ndarray, rows, sizeOf, zeros } from "../base/ndarray.ts";
import type { Dataset } from "../data/index.ts";
import { input } from "../graph/tensor.ts";
import { argmax, matmul, mul, square, sub, sum } from "../ops/index.ts";
import type { Compiled, Engine } from "../runtime/index.ts";

/** Items compared in one call, and items of the data that they are compared with. */
const itemsAtOnce = 500;
const dataAtOnce = 5000;

/**
 * Euclidean distance of each of items [n, ...] to the nearest item of a data set, [n]. The engine finds the nearest of each
 * block in float32, by products; its distance is then computed from differences in float64, so that that of a copy is 0.
 */
export async function nearestDistances(engine: Engine, items: NdArray, data: Dataset): Promise<Float64Array> {
  const n = items.shape[0]!;
  const d = sizeOf(items.shape.slice(1));
  const least = new Float64Array(n).fill(Infinity);
  const block = Math.min(dataAtOnce, data.size);
  const find = await compileSearch(engine, d, block);
  try {
    for (let start = 0; start < data.size; start += block) {
      // The last block ends with the data; some of its items are looked at twice.
      const first = Math.min(start, data.size - block);
      const others = data.read(Int32Array.from({ length: block }, (_, i) => first + i));
      for (let top = 0; top < n; top += itemsAtOnce) {
        const count = Math.min(itemsAtOnce, n - top);
        const { place } = await find.run({ a: padded(items, top, count, d), b: { ...others, shape: [block, d] } });
        for (let i = 0; i < count; i++) {
          const to = squaredDistance(items, top + i, others, place!.data[i]!, d);
          least[top + i] = Math.min(least[top + i]!, to);
        }
      }
    }
  } finally {
    await find.release();
  }
  return least.map(Math.sqrt);
}

/** Place in b [block, d] of the row nearest to each of a [itemsAtOnce, d]: where 2 a.b - |b|^2 is largest. */
function compileSearch(engine: Engine, d: number, block: number): Promise<Compiled> {
  const [a, b] = [input("a", [itemsAtOnce, d]), input("b", [block, d])];
  const closeness = sub(mul(matmul(a, b, { transposeB: true }), 2), sum(square(b), { axes: [1] }));
  return engine.compile({ outputs: { place: argmax(closeness) } });
}

/** Rows from `top` on as float32 [itemsAtOnce, d], filled up with zeros. */
function padded(items: NdArray, top: number, count: number, d: number): NdArray<"float32"> {
  const out = zeros([itemsAtOnce, d]);
  out.data.set(rows(items, top, top + count).data);
  return ndarray("float32", out.shape, out.data);
}

function squaredDistance(a: NdArray, i: number, b: NdArray, j: number, d: number): number {
  let total = 0;
  for (let k = 0; k < d; k++) total += (a.data[i * d + k]! - b.data[j * d + k]!) ** 2;
  return total;
}
