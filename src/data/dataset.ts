import { DataError, OptionError } from "../base/errors.ts";
import type { NdArray, Shape } from "../base/ndarray.ts";
import { type Key, fold, key, permutation } from "../base/random.ts";
import { Sha256 } from "../base/sha256.ts";
import { range } from "../base/range.ts";
import type { ValueScale } from "./value-scale.ts";

/**
 * Items of one kind. Images are `[h, w, c]` with values in [0, 1], points `[d]`, and pairs of images `[2, h, w, c]`.
 */
export interface Dataset {
  readonly name: string;
  readonly kind: "image" | "points" | "pair";
  /** Shape of one item. */
  readonly shape: Shape;
  readonly size: number;
  /** The class of each item, a whole number from 0; null for data without labels. */
  readonly labels: Int32Array | null;
  /** Names of the classes in the order of their numbers; by default the numbers. Subsets keep all names. */
  readonly classNames?: readonly string[];
  /** Reads items by index into float32 `[n, ...shape]`. @throws OptionError for an index outside the data. */
  read(indices: ArrayLike<number>): NdArray<"float32">;
  /** The same in float64, for points given in float64, which `read` rounds. */
  readDouble?(indices: ArrayLike<number>): NdArray<"float64">;
  /** Starts reading items that will be needed soon, if reading takes time. */
  prefetch?(indices: ArrayLike<number>): void;
  /** The generative factors of each item, if known. */
  readonly factors?: Factors;
  /** The two domains of pairs. */
  readonly sides?: Sides;
  /** The modes of the data distribution, if known; subsets keep all modes. */
  readonly modes?: Modes;
  /**
   * First 16 hex characters of a SHA-256: over kind, shape, items and labels for data in memory; over the definition
   * for generated data; over fingerprint and indices for a subset. Computed on first use.
   */
  readonly fingerprint: string;
  /** Files that were skipped when the data were read. */
  readonly skipped: readonly SkippedFile[];
  /** Whether points are in units of their own, of any scale: models learn them standardised (`pointScaleOf`). */
  readonly ownUnits?: true;
  /** Decisions made while reading that affect what is learned, one sentence each. */
  readonly notes?: readonly string[];
  /** How the numbers of images were scaled to [0, 1], for each number type of the files. */
  readonly scales?: readonly ValueScale[];
  /** Name of an item in the source: its file, or its number from 0. */
  itemName?(index: number): string;
}

/** Discrete generative factors: an item and its factor values determine each other. */
export interface Factors {
  readonly names: readonly string[];
  /** Number of values of each factor; values are whole numbers from 0. */
  readonly sizes: readonly number[];
  /** The factor values of an item. @throws OptionError for an index outside the data. */
  of(index: number): readonly number[];
  /** The item with these values; -1 if these data have none. @throws OptionError for values that do not exist. */
  indexOf(values: readonly number[]): number;
}

/**
 * Modes of a distribution, and how the mode of a sample is found.
 *
 * `centers`: the modes are the rows of `centers` `[k, d]`. A sample belongs to the nearest one (Euclidean) and is of
 * high quality within a distance of `within * deviation`. With 3 standard deviations in two dimensions, a perfect model
 * scores 1 - exp(-9 / 2) = 98.89 % high quality rather than 100 %.
 *
 * `digits`: an image shows one digit in each of its `channels`. A mode is the tuple of predicted digits of a classifier
 * with `classes` classes, with the first channel as the most significant digit: `classes ** channels` modes.
 * @source Srivastava et al., "VEEGAN", arXiv 1705.07761; Lin et al., "PacGAN", arXiv 1712.04086.
 */
export type Modes =
  | {
      readonly kind: "centers";
      readonly centers: NdArray<"float32">;
      readonly deviation: number;
      readonly within: number;
    }
  | { readonly kind: "digits"; readonly channels: number; readonly classes: number };

/** Two domains of images of the same shape. */
export interface Sides {
  readonly a: Dataset;
  readonly b: Dataset;
  /** Whether the i-th images of both domains belong together. */
  readonly aligned: boolean;
  /** Files without a counterpart of the same name, if some names occur in both domains. */
  readonly unmatched?: readonly string[];
  /** Files of pairs that were left out because their partners cannot be read. */
  readonly leftOut?: readonly SkippedFile[];
}

/** A file that was skipped, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

/**
 * Items `[n, ...shape]` by index at full precision: float64 for points given in float64. @throws OptionError for an
 * index outside the data.
 */
export function readExact(dataset: Dataset, indices: ArrayLike<number>): NdArray<"float32"> | NdArray<"float64"> {
  return dataset.readDouble?.(indices) ?? dataset.read(indices);
}

/** Training and held-out data. */
export interface DataSplit {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** Files that were skipped when either split was read. */
export function skippedIn({ train, test }: DataSplit): SkippedFile[] {
  return distinctFiles([...train.skipped, ...test.skipped]);
}

/** Removes duplicates. */
export function distinctFiles(skipped: readonly SkippedFile[]): SkippedFile[] {
  return [...new Map(skipped.map((one) => [one.file, one])).values()];
}

/** Number of files that a message lists. */
const named = 3;

/** Lists the first skipped files with their reasons, for a message. */
export function skippedWords(skipped: readonly SkippedFile[]): string {
  const shown = skipped.slice(0, named).map(({ file, reason }) => `${file} (${reason})`);
  const more = skipped.length > shown.length ? `, and ${skipped.length - shown.length} more` : "";
  return `${shown.join(", ")}${more}`;
}

/** Properties of data that hold for every subset, where known. */
export function factsOf({
  classNames,
  ownUnits,
  notes,
  scales,
}: Partial<Pick<Dataset, "classNames" | "ownUnits" | "notes" | "scales">>) {
  return {
    ...(classNames !== undefined && { classNames }),
    ...(ownUnits && { ownUnits }),
    ...(notes !== undefined && { notes }),
    ...(scales !== undefined && { scales }),
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
  readonly ownUnits?: true;
  readonly notes?: readonly string[];
  readonly scales?: readonly ValueScale[];
  readonly itemName?: (index: number) => string;
  readonly factors?: Factors;
  readonly modes?: Modes;
  private known: string | undefined;

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
    if (whole.prefetch !== undefined) this.prefetch = (indices) => whole.prefetch!(this.rows(indices));
    if (whole.readDouble !== undefined) this.readDouble = (indices) => whole.readDouble!(this.rows(indices));
    if (factors !== undefined) this.factors = chosenFactors(factors, chosen, (index) => this.row(index));
    if (modes !== undefined) this.modes = modes;
  }

  read(indices: ArrayLike<number>): NdArray<"float32"> {
    return this.whole.read(this.rows(indices));
  }

  readonly readDouble?: (indices: ArrayLike<number>) => NdArray<"float64">;
  readonly prefetch?: (indices: ArrayLike<number>) => void;

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
      // Reversed, so that of equal items the first one remains.
      places ??= new Map(Array.from(chosen, (item, place): [number, number] => [item, place]).toReversed());
      return places.get(whole.indexOf(values)) ?? -1;
    },
  };
}

/** Notes of both splits, each once. */
export function notesOf({ train, test }: DataSplit): string[] {
  return [...new Set([...(train.notes ?? []), ...(test.notes ?? [])])];
}

/** Fingerprint of data that are defined by a text. */
export function fingerprintOf(definition: string): string {
  return new Sha256().update(new TextEncoder().encode(definition)).hex().slice(0, 16);
}

/** @throws OptionError for an index outside the data. */
export function checkedIndex({ name, size }: Pick<Dataset, "name" | "size">, index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < size) return index;
  throw new OptionError(`an index of ${name} must be a whole number in [0, ${size}) - got ${index}`);
}

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
 * whole number from 1.
 */
export function take(dataset: Dataset, n: number): Dataset {
  if (!Number.isInteger(n) || n < 1) throw new OptionError(`a limit must be a whole number from 1 - got ${n}`);
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
