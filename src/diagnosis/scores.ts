import type { NdArray } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import { type DataSplit, type Dataset, subsampleIndices, readExact } from "../data/index.ts";
import { packsOf } from "../step/packs.ts";
import type { TrainedModel } from "../trained/trained.ts";
import type { Scores } from "./symptom.ts";

/**
 * How well a model's discriminator separates samples [n, ...], or packs of them, from as many real items; null without
 * a discriminator.
 */
export async function scoresOf(
  trained: TrainedModel,
  { train, test }: DataSplit,
  samples: NdArray,
  key: Key,
): Promise<Scores | null> {
  const { discriminator } = trained.model;
  if (discriminator === undefined) return null;
  const { map, input, output, packing } = discriminator;
  const score = async (items: NdArray) => (await trained.map(map, { [input]: packsOf(items, packing) }))[output]!.data;
  const some = (data: Dataset) => readExact(data, subsampleIndices(data, samples.shape[0]!, fold(key, "scores")));
  const generated = Float64Array.from(await score(samples)).toSorted();
  return {
    train: shareAbove(await score(await some(train)), generated),
    heldOut: shareAbove(await score(await some(test)), generated),
  };
}

/** Share of pairs in which a value exceeds one of the ascending values (AUC); ties count half. */
export function shareAbove(values: ArrayLike<number>, ascending: Float64Array): number {
  const n = ascending.length;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    total += (countBelow(ascending, (each) => each < value) + countBelow(ascending, (each) => each <= value)) / 2;
  }
  return total / values.length / n;
}

/** Number of values that pass a test, given that all of these come first. */
function countBelow(ascending: Float64Array, passes: (value: number) => boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(ascending[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
