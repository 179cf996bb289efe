import { type NdArray, rows, sizeOf } from "../base/ndarray.ts";
import type { Key } from "../base/random.ts";
import { type DataSplit, some } from "../data/index.ts";
import type { Engine } from "../runtime/index.ts";
import { nearestDistances } from "../trained/nearest-items.ts";
import { nearestRows } from "../numeric/nearest.ts";
import { minOf } from "../base/many.ts";
import { realItems } from "./places.ts";
import type { Nearest } from "./symptom.ts";

/** Items whose nearest training item is looked for. */
const asked = 250;
/** Numbers of the training items among which it is: 60,000 images of 28 x 28 are all looked at. */
const maxNumbers = 50_000_000;
/** Held-out items that it takes to say how far a new item is, and training items that are compared with each other else. */
const [enough, among] = [20, 10_000];

/** How far samples [n, ...] and new real items are from the training items nearest to them, in numbers of the data. */
export async function nearestTraining(
  engine: Engine,
  samples: NdArray,
  { train, test }: DataSplit,
  key: Key,
): Promise<Nearest> {
  const known = some(train, Math.max(1, Math.floor(maxNumbers / sizeOf(train.shape))));
  const generated = await nearestDistances(engine, rows(samples, 0, Math.min(asked, samples.shape[0]!)), known);
  const heldOut = test.size >= enough;
  const real = heldOut
    ? await nearestDistances(engine, realItems(test, key, asked).items, known)
    : distancesWithin(realItems(train, key, among).items);
  return { generated, real, heldOut };
}

/** From each row [n, d] to the nearest other one, for the first rows. */
function distancesWithin(items: NdArray): Float64Array {
  const n = items.shape[0]!;
  return Float64Array.from({ length: Math.min(asked, n) }, (_, i) => {
    const one = rows(items, i, i + 1);
    const others = [rows(items, 0, i), rows(items, i + 1, n)];
    return minOf(others.map((part) => nearestRows(one, part).distance[0]!));
  });
}
