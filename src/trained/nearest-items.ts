import { filled } from "../base/filled.ts";
import { type NdArray, ndarray, reshaped, rows, sizeOf, toFloat64, zeros } from "../base/ndarray.ts";
import { range } from "../base/range.ts";
import { type Dataset, readExact } from "../data/index.ts";
import { input } from "../graph/tensor.ts";
import { nearestRows } from "../numeric/nearest.ts";
import { euclideanDistance } from "../numeric/points.ts";
import { argmax, matmul, mul, square, sub, sum } from "../ops/index.ts";
import type { Compiled, Engine } from "../runtime/index.ts";

/** Items compared per call, and items of the data that they are compared with. */
const itemsAtOnce = 500;
const dataAtOnce = 5000;

/**
 * Up to this many numbers per item, all pairs are compared by differences in float64. Points in a plane can differ by a
 * millionth of their magnitude, which float32 products cannot resolve; in many dimensions only copies are that close.
 */
const fewNumbers = 16;

/**
 * Euclidean distance of each item [n, ...] to the nearest item of a data set, [n]. For items with many numbers, the
 * engine finds the nearest one by float32 products, and its distance is then computed from differences in float64, so
 * that a copy has distance 0.
 */
export async function nearestDistances(engine: Engine, items: NdArray, data: Dataset): Promise<Float64Array> {
  const [n, d] = [items.shape[0]!, sizeOf(items.shape.slice(1))];
  const vectors = reshaped(items, [n, d]);
  const least = new Float64Array(n).fill(Infinity);
  const block = Math.min(dataAtOnce, data.size);
  const search = d <= fewNumbers ? null : await Search.open(engine, d, await readBlock(data, 0, block, d));
  try {
    for (let start = 0; start < data.size; start += block) {
      // The last block ends with the data, so some of its items are compared twice.
      const others = await readBlock(data, Math.min(start, data.size - block), block, d);
      for (let top = 0; top < n; top += itemsAtOnce) {
        const part = rows(vectors, top, Math.min(n, top + itemsAtOnce));
        const distances = search === null ? nearestRows(part, others).distance : await search.distances(part, others);
        for (let i = 0; i < distances.length; i++) least[top + i] = Math.min(least[top + i]!, distances[i]!);
      }
    }
  } finally {
    await search?.release();
  }
  return least;
}

/** Items as vectors [count, d]. */
async function readBlock(data: Dataset, first: number, count: number, d: number): Promise<NdArray> {
  const items: NdArray = await readExact(data, range(first, first + count));
  return reshaped(items, [count, d]);
}

/** Nearest-row search on an engine. */
class Search {
  private constructor(
    private readonly compiled: Compiled,
    /** Subtracted from all items: the closer they are to 0, the more accurate are distances from products. */
    private readonly centre: Float64Array,
  ) {}

  static async open(engine: Engine, d: number, some: NdArray): Promise<Search> {
    const count = some.shape[0]!;
    const centre = new Float64Array(d);
    for (let at = 0; at < some.data.length; at++) centre[at % d]! += some.data[at]! / count;
    const [a, b] = [input("a", [itemsAtOnce, d]), input("b", [count, d])];
    // |a - b|^2 is smallest where 2 a.b - |b|^2 is largest.
    const closeness = sub(mul(matmul(a, b, { transposeB: true }), 2), sum(square(b), { axes: [1] }));
    return new Search(await engine.compile({ outputs: { place: argmax(closeness) } }), centre);
  }

  /** Distances of up to `itemsAtOnce` items to the nearest of the others, [n]. */
  async distances(items: NdArray, others: NdArray): Promise<Float64Array> {
    const feeds = { a: this.centred(items, itemsAtOnce), b: this.centred(others, others.shape[0]!) };
    const place = (await this.compiled.run(feeds)).place!.data;
    const row = (from: NdArray, i: number) => toFloat64(rows(from, i, i + 1));
    return filled(new Float64Array(items.shape[0]!), (i) =>
      euclideanDistance(row(items, i), 0, row(others, place[i]!), 0, this.centre.length),
    );
  }

  release(): Promise<void> {
    return this.compiled.release();
  }

  /** Centred vectors, padded to a number of rows. */
  private centred({ data }: NdArray, count: number): NdArray<"float32"> {
    const { centre } = this;
    const out = zeros([count, centre.length]);
    for (let at = 0; at < data.length; at++) out.data[at] = data[at]! - centre[at % centre.length]!;
    return ndarray("float32", out.shape, out.data);
  }
}
