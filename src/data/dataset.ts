import { DataError, OptionError } from "../base/errors.ts";
import type { NdArray, Shape } from "../base/ndarray.ts";
import { type Key, fold, key, permutation } from "../base/random.ts";
import { Sha256 } from "../base/sha256.ts";
import { range } from "../base/range.ts";
import type { ValueScale } from "./value-scale.ts";

/** Items of one kind. Images are `[h, w, c]` with values in [0, 1]; points are `[d]`; pairs of images `[2, h, w, c]`. */
export interface Dataset {
  readonly name: string;
  readonly kind: "image" | "points" | "pair";
  /** Of one item. */
  readonly shape: Shape;
  readonly size: number;
  /** The class of each item, where the data tell it: whole numbers from 0. */
  readonly labels: Int32Array | null;
  /** What the classes are called, in the order of their numbers; where not given, as their numbers are. Chosen items keep all. */
  readonly classNames?: readonly string[];
  /** Reads items by index into float32 `[n, ...shape]`. @throws OptionError for an index outside the data. */
  read(indices: ArrayLike<number>): NdArray<"float32">;
  /** The same in float64, of points that were given so: what `read` rounds. */
  readDouble?(indices: ArrayLike<number>): NdArray<"float64">;
  /** Begins to read items that are soon asked for, where reading takes time. */
  prefetch?(indices: ArrayLike<number>): void;
  /** What each item was made from, where the data tell it. */
  readonly factors?: Factors;
  /** The domains of pairs. */
  readonly sides?: Sides;
  /** The modes of the distribution that the items come from, where they are known; a choice of items keeps them all. */
  readonly modes?: Modes;
  /**
   * First 16 characters, hex, of a SHA-256: over kind, shape, items and labels of data in memory, over the definition of
   * generated data, and over fingerprint and indices of a choice of them. Found when first asked for.
   */
  readonly fingerprint: string;
  /** Files that were passed over when the data were read, by name. */
  readonly skipped: readonly SkippedFile[];
  /** Points in units of their own, of any size: models learn them standardised (`pointScaleOf`). */
  readonly ownUnits?: true;
  /** What was decided when the data were read and changes what is learned, each in a sentence for a person. */
  readonly notes?: readonly string[];
  /** How the numbers of images were brought to [0, 1]: a scale for each type that the files have. */
  readonly scales?: readonly ValueScale[];
  /** What an item is called where the data come from: its file, or its number there from 0. */
  itemName?(index: number): string;
}

/** Causes of variation, each of a few values: item and values name each other. */
export interface Factors {
  readonly names: readonly string[];
  /** How many values each factor can take; a value is a whole number from 0. */
  readonly sizes: readonly number[];
  /** The values of an item. @throws OptionError for an index outside the data. */
  of(index: number): readonly number[];
  /** The item of these values; -1 where these data have none. @throws OptionError for values that there are not. */
  indexOf(values: readonly number[]): number;
}

/**
 * Modes of a distribution, and how a sample's is found.
 *
 * `centers`: the modes are the rows of `centers` `[k, d]`; a sample is of the nearest one (Euclidean), and of high quality
 * when it is at most `within` deviations away: `within * deviation`. With 3 deviations in two dimensions a perfect model
 * scores 1 - exp(-9 / 2) = 98.89 % of high quality, not 100 %.
 *
 * `digits`: an image shows a digit in each of its `channels`, and a mode is what a classifier of `classes` classes makes of
 * them, the first channel's counting most: `classes ** channels` modes.
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

/** Two domains of images of one shape. */
export interface Sides {
  readonly a: Dataset;
  readonly b: Dataset;
  /** Whether the i-th image of one shows the same as the i-th of the other. */
  readonly aligned: boolean;
  /** Files without one of the same name in the other domain, where some names are in both. */
  readonly unmatched?: readonly string[];
  /** Files of pairs that are left out since their partners cannot be read. */
  readonly leftOut?: readonly SkippedFile[];
}

/** A file that was left out, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

/** Items by index as exactly as the data have them: float64 where points were given so. @throws OptionError for an index outside the data. */
export function readExact(dataset: Dataset, indices: ArrayLike<number>): NdArray<"float32"> | NdArray<"float64"> {
  return dataset.readDouble?.(indices) ?? dataset.read(indices);
}

/** Data to learn from, and data kept apart to judge by. */
export interface DataSplit {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** Files that were passed over when either part was read. */
export function skippedIn({ train, test }: DataSplit): SkippedFile[] {
  return distinctFiles([...train.skipped, ...test.skipped]);
}

/** Each file once. */
export function distinctFiles(skipped: readonly SkippedFile[]): SkippedFile[] {
  return [...new Map(skipped.map((one) => [one.file, one])).values()];
}

/** Files that a message names; of more, how many. */
const named = 3;

/** The first of them with their reasons, for a message. */
export function skippedWords(skipped: readonly SkippedFile[]): string {
  const shown = skipped.slice(0, named).map(({ file, reason }) => `${file} (${reason})`);
  const more = skipped.length > shown.length ? `, and ${skipped.length - shown.length} more` : "";
  return `${shown.join(", ")}${more}`;
}

/** What holds of data and of every choice of their items, where it is known. */
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

/** Some items of data that are read through it: nothing is read before it is asked for. */
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

/** The factors of some items; the search from values to items is made when first used. */
function chosenFactors(whole: Factors, chosen: Int32Array, row: (index: number) => number): Factors {
  let places: Map<number, number> | undefined;
  return {
    names: whole.names,
    sizes: whole.sizes,
    of: (index) => whole.of(row(index)),
    indexOf: (values) => {
      // Reversed, so that of equal items the first stays.
      places ??= new Map(Array.from(chosen, (item, place): [number, number] => [item, place]).toReversed());
      return places.get(whole.indexOf(values)) ?? -1;
    },
  };
}

/** What was decided when either part was read, each once. */
export function notesOf({ train, test }: DataSplit): string[] {
  return [...new Set([...(train.notes ?? []), ...(test.notes ?? [])])];
}

/** The fingerprint of data that a text defines. */
export function fingerprintOf(definition: string): string {
  return new Sha256().update(new TextEncoder().encode(definition)).hex().slice(0, 16);
}

/** @throws OptionError for an index outside the data. */
export function checkedIndex({ name, size }: Pick<Dataset, "name" | "size">, index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < size) return index;
  throw new OptionError(`an index of ${name} must be a whole number in [0, ${size}) - got ${index}`);
}

/** Data that know how to be chosen from. */
export interface Selectable extends Dataset {
  select(indices: Int32Array): Dataset;
}

function isSelectable(dataset: Dataset): dataset is Selectable {
  return "select" in dataset;
}

/** The items of `dataset` at `indices`, in that order. Shares its memory; of generated data it makes none. */
export function select(dataset: Dataset, indices: Int32Array): Dataset {
  if (isSelectable(dataset)) return dataset.select(indices);
  return new ChosenDataset(
    dataset,
    indices.map((index) => checkedIndex(dataset, index)),
  );
}

/** The first `n` items, of pairs the first `n` of each domain, or all when there are fewer. @throws OptionError when `n` is not a whole number from 1. */
export function take(dataset: Dataset, n: number): Dataset {
  if (!Number.isInteger(n) || n < 1) throw new OptionError(`a limit must be a whole number from 1 - got ${n}`);
  return n >= dataset.size ? dataset : select(dataset, range(0, n));
}

/**
 * A share of the items, at least one, chosen by a fixed key: a smaller share is part of a larger one. The items kept are in
 * their order.
 * @param share In (0, 1).
 * @throws OptionError for another share.
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
 * Holds a share of the items out, at least one, chosen by the key alone; both parts keep the order of the whole.
 * @param share In (0, 1).
 * @throws OptionError for another share. @throws DataError when fewer than two items leave nothing to learn from.
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
