import { type NdArray, reshaped, rows } from "../../base/ndarray.ts";
import type { DataSplit } from "../../data/index.ts";
import type { Key } from "../../base/random.ts";
import { nearestRows } from "./nearest-rows.ts";
import { realItems } from "./places.ts";
import type { Nearest } from "./symptom.ts";

/** Items whose nearest training item is looked for, and training items among which it is. */
const [asked, among] = [250, 10_000];
/** Held-out items that it takes to say how far a new item is. */
const enough = 20;

/** How far samples [n, ...] and new real items are from the training items nearest to them, in numbers of the data. */
export function nearestTraining(samples: NdArray, { train, test }: DataSplit, key: Key): Nearest {
  const n = Math.min(asked, samples.shape[0]!);
  const made = reshaped(rows(samples, 0, n), [n, samples.data.length / samples.shape[0]!]);
  const known = realItems(train, key, among).items;
  const generated = nearestRows(made, known).distance;
  const heldOut = test.size >= enough;
  const real = heldOut ? nearestRows(realItems(test, key, asked).items, known).distance : distancesWithin(known);
  return { generated, real, heldOut };
}

/** From each row [n, d] to the nearest other one, for the first rows. */
function distancesWithin(items: NdArray): Float64Array {
  const n = items.shape[0]!;
  return Float64Array.from({ length: Math.min(asked, n) }, (_, i) => {
    const one = rows(items, i, i + 1);
    const others = [rows(items, 0, i), rows(items, i + 1, n)];
    return Math.min(...others.map((part) => nearestRows(one, part).distance[0]!));
  });
}
