import { type Key, key, permutation } from "../base/random.ts";
import type { Dataset } from "./dataset.ts";
import { hasSides, pairDataset } from "./pairs.ts";
import { select } from "./selection.ts";

/**
 * Indices of at most `n` items, [n] in random order, chosen by the key alone. Data can be sorted by class or by time,
 * so the first items are not a random sample.
 */
export function subsampleIndices(
  { size }: Pick<Dataset, "size">,
  n: number,
  by: Key = key(0),
): Int32Array<ArrayBuffer> {
  return permutation(by, size).slice(0, n);
}

/**
 * A random subset of at most `n` items (for unpaired domains, of each); all of them in their order if there are no
 * more.
 */
export function subsample(dataset: Dataset, n: number, by?: Key): Dataset {
  if (hasSides(dataset) && !dataset.sides.aligned) {
    const { a, b } = dataset.sides;
    return pairDataset(dataset.name, { ...dataset.sides, a: subsample(a, n, by), b: subsample(b, n, by) });
  }
  return n >= dataset.size ? dataset : select(dataset, subsampleIndices(dataset, n, by));
}
