import { OptionError } from "../base/errors.ts";
import type { NdArray, Shape } from "../base/ndarray.ts";
import type { PointScale } from "../base/point-scale.ts";
import { Sha256 } from "../base/sha256.ts";
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
  /** The class of each item, a nonnegative integer; null for data without labels. */
  readonly labels: Int32Array | null;
  /** Names of the classes in the order of their numbers; by default the numbers. Subsets keep all names. */
  readonly classNames?: readonly string[];
  /**
   * Reads items by index into float32 `[n, ...shape]`. While a training step runs, the items of the next one are read. Several
   * reads can be pending at once.
   * @param reuse The result of an earlier read of these data, which is no longer needed: if it has the same shape, it may be
   * overwritten and returned again.
   * @throws OptionError for an index outside the data.
   */
  read(indices: ArrayLike<number>, reuse?: NdArray<"float32">): Promise<NdArray<"float32">>;
  /**
   * For images held as bytes, where a byte b stands for b / 255: reads uint8 `[n, ...shape]`, as `read` does. Training steps
   * take the bytes, which need a quarter of the memory, and convert them.
   */
  readonly readBytes?:
    | ((indices: ArrayLike<number>, reuse?: NdArray<"uint8">) => Promise<NdArray<"uint8">>)
    | undefined;
  /** The same in float64, for points given in float64, which `read` rounds. */
  readDouble?(indices: ArrayLike<number>): Promise<NdArray<"float64">>;
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
  /**
   * For points in arbitrary units: mean and standard deviation of each coordinate over these items, by
   * which they are standardised for training. Computed on first use (`pointScaleOf`).
   */
  pointScale?(): Promise<PointScale>;
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
  /** Number of values of each factor; values are nonnegative integers. */
  readonly sizes: readonly number[];
  /** The factor values of an item. @throws OptionError for an index outside the data. */
  of(index: number): readonly number[];
  /** The item with these values; -1 if there is none in these data. @throws OptionError for values that do not exist. */
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
  /** Whether the i-th images of the two domains correspond. */
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
export function readExact(
  dataset: Dataset,
  indices: ArrayLike<number>,
): Promise<NdArray<"float32"> | NdArray<"float64">> {
  return dataset.readDouble?.(indices) ?? dataset.read(indices);
}

/** Items as training steps take them: bytes if the data hold bytes, float32 otherwise. */
export type Batch = NdArray<"uint8"> | NdArray<"float32">;

/**
 * Reads items as training steps take them, `[n, ...shape]`.
 * @param reuse The result of an earlier call for these data, which may be overwritten.
 * @throws OptionError for an index outside the data.
 */
export function readBatch(dataset: Dataset, indices: ArrayLike<number>, reuse?: Batch): Promise<Batch> {
  return dataset.readBytes === undefined
    ? dataset.read(indices, reuse as NdArray<"float32"> | undefined)
    : dataset.readBytes(indices, reuse as NdArray<"uint8"> | undefined);
}

/** The element type of what `readBatch` reads. */
export function batchTypeOf(dataset: Dataset): Batch["dtype"] {
  return dataset.readBytes === undefined ? "float32" : "uint8";
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

/** Optional properties of data that also hold for every subset. */
export function factsOf({ classNames, notes, scales }: Partial<Pick<Dataset, "classNames" | "notes" | "scales">>) {
  return {
    ...(classNames !== undefined && { classNames }),
    ...(notes !== undefined && { notes }),
    ...(scales !== undefined && { scales }),
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
