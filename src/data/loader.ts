import { OptionError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { type Key, fold, permutation, uniform } from "../base/random.ts";
import { type Dataset, type Batch, readBatch } from "./dataset.ts";
import { haveBytes, joinSides } from "./pairs.ts";

/**
 * Batches by step. Each epoch takes every item once in a new random order, except for the last `size % batch` of it.
 */
export interface Loader {
  readonly stepsPerEpoch: number;
  /** Indices [batch] of the items of a step, counted from 0; for unpaired domains, those of the first. */
  indices(step: number): Int32Array<ArrayBuffer>;
  /** The batch of a step, float32 `[batch, ...shape]`. */
  at(step: number): Promise<NdArray<"float32">>;
  /**
   * The batch of a step as training takes it (`readBatch`).
   * @param reuse A batch that is no longer needed, which may be overwritten.
   */
  batch(step: number, reuse?: Batch): Promise<Batch>;
}

/** Reads the batches of consecutive steps, each while the step before it is computed. */
export class ReadAhead<T> {
  private next: { readonly step: number; readonly read: Promise<T> } | null = null;
  private current: T | undefined;

  /** @param read Takes what an earlier step has read and no longer needs: two results are in use at any time. */
  constructor(private readonly read: (step: number, reuse: T | undefined) => Promise<T>) {}

  /** The batch of a step, once the step before it has ended; starts to read that of the next step, if there is one. */
  async at(step: number, follows: boolean): Promise<T> {
    const reuse = this.current;
    this.current = await (this.next?.step === step ? this.next.read : this.read(step, undefined));
    this.next = follows ? this.begin(step + 1, reuse) : null;
    return this.current;
  }

  private begin(step: number, reuse: T | undefined): ReadAhead<T>["next"] {
    const read = this.read(step, reuse);
    // A failure is reported to the step that requests the batch, which may never happen.
    read.catch(() => {});
    return { step, read };
  }
}

/**
 * Indices [batch] of the items of a step: a function of the key and the step alone, so resuming needs no stored state.
 * @throws OptionError when the batch size is not an integer from 1 to `size`.
 */
export function batchIndices(of: Key, size: number, batch: number, step: number): Int32Array<ArrayBuffer> {
  return schedule(of, size, batch).indices(step);
}

/**
 * Batches of a data set. Unpaired domains are shuffled independently; an epoch is one pass over the larger one. @throws
 * OptionError when the batch size is not an integer from 1 to the data's size.
 */
export function loader(dataset: Dataset, batch: number, of: Key): Loader {
  const { sides } = dataset;
  if (sides !== undefined && !sides.aligned) {
    const [a, b] = [loader(sides.a, batch, fold(of, "a")), loader(sides.b, batch, fold(of, "b"))];
    return {
      stepsPerEpoch: Math.max(a.stepsPerEpoch, b.stepsPerEpoch),
      indices: (step) => a.indices(step),
      at: async (step) => joinSides(...(await Promise.all([a.at(step), b.at(step)]))),
      batch: async (step, reuse) =>
        haveBytes(sides)
          ? joinSides(
              ...((await Promise.all([a.batch(step), b.batch(step)])) as Pair<"uint8">),
              reuse as NdArray<"uint8">,
            )
          : joinSides(...(await Promise.all([a.at(step), b.at(step)])), reuse as NdArray<"float32">),
    };
  }
  const { stepsPerEpoch, indices } = schedule(of, dataset.size, batch);
  return { stepsPerEpoch, indices, ...reading(dataset, indices) };
}

type Pair<D extends Batch["dtype"]> = [NdArray<D>, NdArray<D>];

function reading(dataset: Dataset, indices: Loader["indices"]): Pick<Loader, "at" | "batch"> {
  return {
    at: async (step) => dataset.read(indices(step)),
    batch: async (step, reuse) => readBatch(dataset, indices(step), reuse),
  };
}

/**
 * Batches of items drawn with replacement, with probabilities proportional to their weights; an epoch is as many draws
 * as there are items.
 * @param weights One weight per item, [n].
 * @throws OptionError unless all are finite and nonnegative, and one of them is positive.
 */
export function weightedLoader(dataset: Dataset, batch: number, of: Key, weights: Float64Array): Loader {
  requireWeights(weights, dataset.size);
  const sums = Float64Array.from(weights);
  for (let i = 1; i < sums.length; i++) sums[i]! += sums[i - 1]!;
  const total = sums.at(-1)!;
  const indices = (step: number): Int32Array<ArrayBuffer> =>
    Int32Array.from(uniform(fold(of, "draw", step), [batch]).data, (place) => firstAbove(sums, place * total));
  return {
    stepsPerEpoch: Math.floor(dataset.size / batch),
    indices,
    ...reading(dataset, indices),
  };
}

function requireWeights(weights: Float64Array, size: number): void {
  const wrong = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (wrong < 0 && weights.length === size && weights.some((weight) => weight > 0)) return;
  const counted = weights.length === size ? "zeros alone" : `${weights.length} weights`;
  const got = wrong < 0 ? counted : `${weights[wrong]} for item ${wrong}`;
  throw new OptionError(
    `weights must be one finite number from 0 for each of ${size} items, one of them positive - got ${got}`,
  );
}

/** Index of the first of ascending numbers that is above `value`. */
function firstAbove(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function schedule(of: Key, size: number, batch: number): Pick<Loader, "stepsPerEpoch" | "indices"> {
  if (!Number.isInteger(batch) || batch < 1 || batch > size) {
    throw new OptionError(
      `the batch size must be an integer from 1 to the number of items, ${size} - got ${batch}`,
      batch > size ? "choose a smaller batch, or more data" : undefined,
    );
  }
  const stepsPerEpoch = Math.floor(size / batch);
  let current = { epoch: -1, order: new Int32Array(0) };
  const indices = (step: number): Int32Array<ArrayBuffer> => {
    if (!Number.isInteger(step) || step < 0)
      throw new OptionError(`a step must be a nonnegative integer - got ${step}`);
    const epoch = Math.floor(step / stepsPerEpoch);
    if (epoch !== current.epoch) current = { epoch, order: permutation(fold(of, "epoch", epoch), size) };
    const from = (step % stepsPerEpoch) * batch;
    return current.order.slice(from, from + batch);
  };
  return { stepsPerEpoch, indices };
}
