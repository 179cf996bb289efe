import { type NdArray, rows, sizeOf } from "../base/ndarray.ts";
import type { Key } from "../base/random.ts";
import { type DataSplit, subsample } from "../data/index.ts";
import type { Engine } from "../runtime/index.ts";
import { nearestDistances } from "../trained/nearest-items.ts";
import { nearestRows } from "../numeric/nearest.ts";
import { minOf } from "../base/many.ts";
import { realItems } from "./places.ts";
import type { Nearest } from "./symptom.ts";

/** Number of items whose nearest training item is looked up. */
const asked = 250;
/** Maximum number of values in the training items that are searched: 60,000 images of 28 x 28 are within it. */
const maxNumbers = 50_000_000;
/** Number of held-out items needed to estimate the distance of new items; with fewer, training items are compared with each other. */
const [enough, among] = [20, 10_000];

/** Distances of samples [n, ...] and of new real items to their nearest training items, in the units of the data. */
export async function nearestTraining(
  engine: Engine,
  samples: NdArray,
  { train, test }: DataSplit,
  key: Key,
): Promise<Nearest> {
  const known = subsample(train, Math.max(1, Math.floor(maxNumbers / sizeOf(train.shape))));
  const generated = await nearestDistances(engine, rows(samples, 0, Math.min(asked, samples.shape[0]!)), known);
  const heldOut = test.size >= enough;
  const real = heldOut
    ? await nearestDistances(engine, (await realItems(test, key, asked)).items, known)
    : distancesWithin((await realItems(train, key, among)).items);
  return { generated, real, heldOut };
}

/** Distance of each of the first rows of [n, d] to the nearest other row. */
function distancesWithin(items: NdArray): Float64Array {
  const n = items.shape[0]!;
  return Float64Array.from({ length: Math.min(asked, n) }, (_, i) => {
    const one = rows(items, i, i + 1);
    const others = [rows(items, 0, i), rows(items, i + 1, n)];
    return minOf(others.map((part) => nearestRows(one, part).distance[0]!));
  });
}
