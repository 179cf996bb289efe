import { DataError, OptionError } from "../base/errors.ts";
import { type NdArray, type Shape, castTo, formatShape, rows, sizeOf, zeros } from "../base/ndarray.ts";
import { type Key, fold, key, permutation } from "../base/random.ts";
import { Sha256 } from "../base/sha256.ts";
import { range } from "../base/range.ts";

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
  /** What was decided when the data were read and changes what is learned, each in a sentence for a person. */
  readonly notes?: readonly string[];
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

export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
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

type Items = NdArray<"uint8"> | NdArray<"float32"> | NdArray<"float64">;

export interface ArrayDatasetParts {
  readonly name: string;
  readonly kind: "image" | "points";
  /**
   * `[n, h, w, c]` or `[n, d]`. Of uint8, images only: 0 to 255 stands for [0, 1]. Of float64, points only. The memory is
   * kept, not copied.
   */
  readonly items: Items;
  readonly labels?: Int32Array | null;
  /** Of the labels; where not given, numbers are the names. */
  readonly classNames?: readonly string[];
  readonly skipped?: readonly SkippedFile[];
  readonly notes?: readonly string[];
}

/**
 * A data set in memory.
 * @throws DataError when there is no item, the array does not fit the kind, or a value is not finite or out of range.
 */
export function arrayDataset(parts: ArrayDatasetParts): Dataset {
  const { name, kind, items, labels = null, skipped = [] } = parts;
  const rank = kind === "image" ? 4 : 2;
  if (items.shape.length !== rank || sizeOf(items.shape) === 0) {
    const form = kind === "image" ? "[n, h, w, c]" : "[n, d]";
    throw new DataError(`arrayDataset: ${name} must be ${form} and not empty - got ${formatShape(items.shape)}`);
  }
  if (items.dtype === (kind === "points" ? "uint8" : "float64")) {
    const types = kind === "points" ? "float32 or float64" : "uint8 or float32";
    throw new DataError(
      `arrayDataset: ${kind === "points" ? "points" : "images"} must be ${types} - got ${items.dtype} in ${name}`,
    );
  }
  if (labels !== null && labels.length !== items.shape[0]) {
    throw new DataError(`arrayDataset: ${name} must have a label an item, ${items.shape[0]} - got ${labels.length}`);
  }
  checkValues(items, kind, `arrayDataset: ${name}`);
  return new ArrayDataset({ ...parts, labels, skipped }, null);
}

const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;

/** @throws DataError naming the first value that is not finite or, in an image, outside [0, 1]. */
export function checkValues(items: NdArray, kind: "image" | "points", where: string): void {
  if (items.dtype === "uint8") return;
  const [low, high] = kind === "image" ? [0, 1] : [-largestFloat32, largestFloat32];
  const data = items.data;
  for (let i = 0; i < data.length; i++) {
    // Written so that it is true for NaN.
    if (!(data[i]! >= low && data[i]! <= high)) throw badValue(items, i, where);
  }
}

function badValue(items: NdArray, at: number, where: string): DataError {
  const value = items.data[at]!;
  const index: number[] = [];
  for (let axis = items.shape.length - 1, rest = at; axis >= 0; axis--) {
    index.unshift(rest % items.shape[axis]!);
    rest = Math.floor(rest / items.shape[axis]!);
  }
  if (Number.isNaN(value) || Math.abs(value) > largestFloat32) {
    return new DataError(
      `${where}: each value must be a finite float32 - got ${value} at ${formatShape(index)}`,
      "remove or repair the items with such values",
    );
  }
  const hint =
    value < 0
      ? "values in [-1, 1] become [0, 1] by (a + 1) / 2"
      : 'values in [0, 255] become [0, 1] by a / 255, or save them with a.astype("uint8")';
  return new DataError(`${where}: an image must have values in [0, 1] - got ${value} at ${formatShape(index)}`, hint);
}

/** The value that each byte of an image stands for. */
const levels = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

function toLevels(bytes: Uint8Array, from: number, out: Float32Array, to: number, count: number): void {
  for (let i = 0; i < count; i++) out[to + i] = levels[bytes[from + i]!]!;
}

type OpenedArray = ArrayDatasetParts & Required<Pick<ArrayDatasetParts, "labels" | "skipped">>;

class ArrayDataset implements Selectable {
  readonly name: string;
  readonly kind: "image" | "points";
  readonly shape: Shape;
  readonly size: number;
  readonly labels: Int32Array | null;
  readonly skipped: readonly SkippedFile[];
  readonly classNames?: readonly string[];
  readonly notes?: readonly string[];
  private readonly items: Items;
  private readonly width: number;
  private known: string | undefined;

  constructor(
    private readonly parts: OpenedArray,
    /** Which items, in which order; null for all as they are. */
    private readonly chosen: Int32Array | null,
  ) {
    const { name, kind, items, labels, skipped, classNames, notes } = parts;
    this.name = name;
    this.kind = kind;
    this.items = items;
    this.labels = labels;
    this.skipped = skipped;
    if (classNames !== undefined) this.classNames = classNames;
    if (notes !== undefined) this.notes = notes;
    this.shape = items.shape.slice(1);
    this.size = chosen?.length ?? items.shape[0]!;
    this.width = sizeOf(this.shape);
    if (items.dtype === "float64") this.readDouble = (indices) => this.gather(items, indices, "float64");
  }

  readonly readDouble?: (indices: ArrayLike<number>) => NdArray<"float64">;

  read(indices: ArrayLike<number>): NdArray<"float32"> {
    const { items, width } = this;
    if (items.dtype !== "uint8") return this.gather(items, indices, "float32");
    const out = zeros([indices.length, ...this.shape]);
    for (let n = 0; n < indices.length; n++) {
      toLevels(items.data, this.row(indices[n]!) * width, out.data, n * width, width);
    }
    return out;
  }

  get fingerprint(): string {
    this.known ??= this.digest();
    return this.known;
  }

  /** Shares the items' memory. */
  select(indices: Int32Array): Dataset {
    const { parts, labels } = this;
    const chosen = indices.map((index) => this.row(index));
    const kept = labels === null ? null : indices.map((index) => labels[index]!);
    return new ArrayDataset({ ...parts, labels: kept }, chosen);
  }

  private row(index: number): number {
    const checked = checkedIndex(this, index);
    return this.chosen === null ? checked : this.chosen[checked]!;
  }

  private gather<D extends "float32" | "float64">(
    { data }: NdArray<"float32" | "float64">,
    indices: ArrayLike<number>,
    dtype: D,
  ): NdArray<D> {
    const { width } = this;
    const out = zeros([indices.length, ...this.shape], dtype);
    for (let n = 0; n < indices.length; n++) {
      const from = this.row(indices[n]!) * width;
      out.data.set(data.subarray(from, from + width), n * width);
    }
    return out;
  }

  /** Of the items as models see them: float64 as float32. */
  private digest(): string {
    const { kind, items, labels, shape, size } = this;
    const hash = new Sha256();
    const dtype = items.dtype === "uint8" ? "uint8" : "float32";
    hash.update(new TextEncoder().encode(`${kind} ${dtype} ${size} ${formatShape(shape)}`));
    const add = (part: Items) =>
      hash.update(bytesOf(part.dtype === "float64" ? castTo(part, "float32").data : part.data));
    if (this.chosen === null) add(items);
    else for (let n = 0; n < size; n++) add(rows(items as NdArray, this.row(n), this.row(n) + 1) as Items);
    if (labels !== null) hash.update(bytesOf(labels));
    if (labels !== null && areNamed(this)) hash.update(new TextEncoder().encode(JSON.stringify(this.classNames)));
    return hash.hex().slice(0, 16);
  }
}

/** Whether classes are called other than by their numbers. */
function areNamed({ classNames }: Pick<Dataset, "classNames">): boolean {
  return classNames?.some((name, label) => name !== String(label)) ?? false;
}

function bytesOf(data: Uint8Array | Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
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
  readonly notes?: readonly string[];
  readonly factors?: Factors;
  readonly modes?: Modes;
  private known: string | undefined;

  constructor(
    private readonly whole: Dataset,
    private readonly chosen: Int32Array,
  ) {
    const { labels, classNames, notes, factors, modes } = whole;
    this.name = whole.name;
    this.kind = whole.kind;
    this.shape = whole.shape;
    this.skipped = whole.skipped;
    this.size = chosen.length;
    this.labels = labels === null ? null : chosen.map((index) => labels[index]!);
    if (classNames !== undefined) this.classNames = classNames;
    if (notes !== undefined) this.notes = notes;
    if (factors !== undefined) this.factors = chosenFactors(factors, chosen, (index) => this.row(index));
    if (modes !== undefined) this.modes = modes;
  }

  read(indices: ArrayLike<number>): NdArray<"float32"> {
    return this.whole.read(Int32Array.from(indices, (index) => this.row(index)));
  }

  get fingerprint(): string {
    const bytes = new TextEncoder().encode(this.whole.fingerprint);
    this.known ??= new Sha256().update(bytes).update(bytesOf(this.chosen)).hex().slice(0, 16);
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
  throw new OptionError(`read: an index of ${name} must be a whole number in [0, ${size}) - got ${index}`);
}

/** Data that know how to be chosen from. */
interface Selectable extends Dataset {
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
  if (!Number.isInteger(n) || n < 1) throw new OptionError(`take: a limit must be a whole number from 1 - got ${n}`);
  return n >= dataset.size ? dataset : select(dataset, range(0, n));
}

/**
 * A share of the items, at least one, chosen by a fixed key: a smaller share is part of a larger one. The items kept are in
 * their order.
 * @param share In (0, 1).
 * @throws OptionError for another share.
 */
export function thin(dataset: Dataset, share: number): Dataset {
  requireShare("thin", share);
  const order = permutation(fold(key(0), "thin"), dataset.size);
  return select(dataset, order.slice(0, Math.max(1, Math.round(dataset.size * share))).toSorted());
}

function requireShare(where: string, share: number): void {
  if (!(share > 0 && share < 1)) throw new OptionError(`${where}: a share must be in (0, 1) - got ${share}`);
}

/**
 * Holds a share of the items out, at least one, chosen by the key alone; both parts keep the order of the whole.
 * @param share In (0, 1).
 * @throws OptionError for another share. @throws DataError when fewer than two items leave nothing to learn from.
 */
export function splitOff(dataset: Dataset, share: number = 1 / 10, by: Key = key(0)): DataSplit {
  requireShare("splitOff", share);
  const { size, name } = dataset;
  if (size < 2) {
    throw new DataError(`splitOff: ${name} must have at least 2 items, one of them to test on - got ${size}`);
  }
  const count = Math.min(size - 1, Math.max(1, Math.round(size * share)));
  const order = permutation(fold(by, "hold out"), size);
  return {
    train: select(dataset, order.slice(count).toSorted()),
    test: select(dataset, order.slice(0, count).toSorted()),
  };
}
