import { DataError, OptionError } from "../base/errors.ts";
import type { NdArray, Shape } from "../base/ndarray.ts";
import type { PointScale } from "../base/point-scale.ts";
import { type Key, fold, key, permutation } from "../base/random.ts";
import { range } from "../base/range.ts";
import { Sha256 } from "../base/sha256.ts";
import {
  type DataSplit,
  type Dataset,
  type Factors,
  type Modes,
  type SkippedFile,
  checkedIndex,
  factsOf,
  skippedWords,
} from "./dataset.ts";
import { pointScaleOf } from "./point-scale.ts";
import type { ValueScale } from "./value-scale.ts";

/** Data with their own way to form subsets. */
export interface Selectable extends Dataset {
  select(indices: Int32Array): Dataset;
}

function isSelectable(dataset: Dataset): dataset is Selectable {
  return "select" in dataset;
}

/** The items of `dataset` at `indices` [n], in that order. Shares memory; generated items are not computed. */
export function select(dataset: Dataset, indices: Int32Array): Dataset {
  if (isSelectable(dataset)) return dataset.select(indices);
  return new ChosenDataset(
    dataset,
    indices.map((index) => checkedIndex(dataset, index)),
  );
}

/**
 * The first `n` items (for pairs, of each domain), or all if there are fewer. @throws OptionError when `n` is not a
 * positive integer.
 */
export function take(dataset: Dataset, n: number): Dataset {
  if (!Number.isInteger(n) || n < 1) throw new OptionError(`a limit must be a positive integer - got ${n}`);
  return n >= dataset.size ? dataset : select(dataset, range(0, n));
}

/**
 * A random fraction of the items, at least one, chosen by a fixed key: a smaller fraction is a subset of a larger one.
 * The order is kept.
 * @param share In (0, 1).
 * @throws OptionError for another fraction.
 */
export function thin(dataset: Dataset, share: number): Dataset {
  requireShare(share);
  const order = permutation(fold(key(0), "thin"), dataset.size);
  return select(dataset, order.slice(0, Math.max(1, Math.round(dataset.size * share))).toSorted());
}

function requireShare(share: number): void {
  if (!(share > 0 && share < 1)) throw new OptionError(`a share must be in (0, 1) - got ${share}`);
}

/**
 * Splits off a random fraction of the items as the test split, at least one, chosen by the key alone. Both splits keep
 * the order of the whole.
 * @param share In (0, 1).
 * @throws OptionError for another fraction. @throws DataError for fewer than two items, which leave nothing to train
 * on.
 */
export function splitOff(dataset: Dataset, share: number = 1 / 10, by: Key = key(0)): DataSplit {
  requireShare(share);
  const { size, name, skipped } = dataset;
  if (size < 2) {
    const others = skipped.length === 0 ? "" : `; skipped: ${skippedWords(skipped)}`;
    throw new DataError(`${name} must have at least 2 items, one of them for testing - got ${size}${others}`);
  }
  const count = Math.min(size - 1, Math.max(1, Math.round(size * share)));
  const order = permutation(fold(by, "hold out"), size);
  return {
    train: select(dataset, order.slice(count).toSorted()),
    test: select(dataset, order.slice(0, count).toSorted()),
  };
}

/** A lazy subset: nothing is read before it is needed. */
class ChosenDataset implements Selectable {
  readonly name: string;
  readonly kind: Dataset["kind"];
  readonly shape: Shape;
  readonly size: number;
  readonly labels: Int32Array | null;
  readonly skipped: readonly SkippedFile[];
  readonly classNames?: readonly string[];
  readonly notes?: readonly string[];
  readonly scales?: readonly ValueScale[];
  readonly itemName?: (index: number) => string;
  readonly factors?: Factors;
  readonly modes?: Modes;
  private known: string | undefined;
  private scale: Promise<PointScale> | undefined;

  constructor(
    private readonly whole: Dataset,
    private readonly chosen: Int32Array,
  ) {
    const { labels, factors, modes } = whole;
    this.name = whole.name;
    this.kind = whole.kind;
    this.shape = whole.shape;
    this.skipped = whole.skipped;
    this.size = chosen.length;
    this.labels = labels === null ? null : chosen.map((index) => labels[index]!);
    Object.assign(this, factsOf(whole));
    if (whole.itemName !== undefined) this.itemName = (index) => whole.itemName!(this.row(index));
    if (whole.readDouble !== undefined) this.readDouble = async (indices) => whole.readDouble!(this.rows(indices));
    if (whole.pointScale !== undefined) this.pointScale = () => (this.scale ??= pointScaleOf(this));
    if (factors !== undefined) this.factors = chosenFactors(factors, chosen, (index) => this.row(index));
    if (modes !== undefined) this.modes = modes;
  }

  async read(indices: ArrayLike<number>, reuse?: NdArray<"float32">): Promise<NdArray<"float32">> {
    return this.whole.read(this.rows(indices), reuse);
  }

  get readBytes(): Dataset["readBytes"] {
    const { whole } = this;
    return whole.readBytes && (async (indices, reuse) => whole.readBytes!(this.rows(indices), reuse));
  }

  readonly readDouble?: (indices: ArrayLike<number>) => Promise<NdArray<"float64">>;
  readonly pointScale?: () => Promise<PointScale>;

  get fingerprint(): string {
    const bytes = new TextEncoder().encode(this.whole.fingerprint);
    const { buffer, byteOffset, byteLength } = this.chosen;
    const indices = new Uint8Array(buffer, byteOffset, byteLength);
    this.known ??= new Sha256().update(bytes).update(indices).hex().slice(0, 16);
    return this.known;
  }

  select(indices: Int32Array): Dataset {
    return new ChosenDataset(
      this.whole,
      indices.map((index) => this.row(index)),
    );
  }

  private row(index: number): number {
    return this.chosen[checkedIndex(this, index)]!;
  }

  private rows(indices: ArrayLike<number>): Int32Array {
    return Int32Array.from(indices, (index) => this.row(index));
  }
}

/** Factors of a subset; the index from values to items is built on first use. */
function chosenFactors(whole: Factors, chosen: Int32Array, row: (index: number) => number): Factors {
  let places: Map<number, number> | undefined;
  return {
    names: whole.names,
    sizes: whole.sizes,
    of: (index) => whole.of(row(index)),
    indexOf: (values) => {
      // In reverse order, so that the first of several equal items is kept.
      places ??= new Map(Array.from(chosen, (item, place): [number, number] => [item, place]).toReversed());
      return places.get(whole.indexOf(values)) ?? -1;
    },
  };
}
