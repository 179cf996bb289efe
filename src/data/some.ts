import { type Key, key, permutation } from "../base/random.ts";
import { type Dataset, select } from "./dataset.ts";
import { hasSides, pairDataset } from "./pairs.ts";

/**
 * Places of at most `n` items, in random order, chosen by the key alone. Data can be sorted, by class or by the hour of a
 * recording: the first items are then no sample of all.
 */
export function somePlaces({ size }: Pick<Dataset, "size">, n: number, by: Key = key(0)): Int32Array<ArrayBuffer> {
  return permutation(by, size).slice(0, n);
}

/** At most `n` items, chosen so; of domains that are not aligned, of each. All in their own order where there are no more. */
export function some(dataset: Dataset, n: number, by?: Key): Dataset {
  if (hasSides(dataset) && !dataset.sides.aligned) {
    const { a, b } = dataset.sides;
    return pairDataset(dataset.name, { ...dataset.sides, a: some(a, n, by), b: some(b, n, by) });
  }
  return n >= dataset.size ? dataset : select(dataset, somePlaces(dataset, n, by));
}
