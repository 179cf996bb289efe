import type { ByteSource } from "../base/byte-source.ts";
import { type NdArray, type Shape, sizeOf, zeros } from "../base/ndarray.ts";
import { toLevels } from "./array-dataset.ts";
import { type Dataset, type SkippedFile, checkedIndex, fingerprintOf } from "./dataset.ts";
import type { ValueScale } from "./value-scale.ts";

type Items = NdArray<"uint8"> | NdArray<"float32"> | NdArray<"float64">;

/** Parts of a data set that is read from a file item by item. */
export interface FileDatasetParts {
  readonly name: string;
  readonly kind: "image" | "points";
  /** Shape of one item. */
  readonly shape: Shape;
  readonly size: number;
  readonly source: ByteSource;
  /** Byte offset of the first item; the items fill the rest of the source. */
  readonly bodyAt: number;
  /**
   * Decodes items `[n, ...shape]`, of which the first is item `first`. @throws DataError for a value that is not a
   * number, or out of range.
   */
  decode(bytes: Uint8Array, first: number): Items;
  readonly scales: readonly ValueScale[];
}

/** Bytes per read. */
const bytesAtOnce = 2 ** 22;

/**
 * A data set whose items are read from a file on request. All of them are checked once at the start, so that bad
 * numbers are found before training.
 * @throws DataError from `decode`.
 */
export function fileDataset(parts: FileDatasetParts): Dataset {
  const dataset = new FileDataset(parts);
  dataset.check();
  return dataset;
}

class FileDataset implements Dataset {
  readonly name: string;
  readonly kind: "image" | "points";
  readonly shape: Shape;
  readonly size: number;
  readonly labels = null;
  readonly skipped: readonly SkippedFile[] = [];
  readonly scales: readonly ValueScale[];
  readonly ownUnits?: true;
  /** Bytes per item. */
  private readonly extent: number;
  private readonly width: number;
  /** Number of consecutive items per read. */
  private readonly atOnce: number;
  private known: string | undefined;

  constructor(private readonly parts: FileDatasetParts) {
    const { name, kind, shape, size, source, bodyAt, scales } = parts;
    this.name = name;
    this.kind = kind;
    this.shape = shape;
    this.size = size;
    this.scales = scales;
    if (kind === "points") this.ownUnits = true;
    this.width = sizeOf(shape);
    this.extent = (source.length - bodyAt) / size;
    this.atOnce = Math.max(1, Math.floor(bytesAtOnce / this.extent));
    if (this.itemsAt(0, 1).dtype === "float64") this.readDouble = (indices) => this.gather(indices, "float64");
  }

  readonly readDouble?: (indices: ArrayLike<number>) => NdArray<"float64">;

  check(): void {
    // Every byte is a valid level.
    if (this.itemsAt(0, 1).dtype === "uint8") return;
    for (let first = 0; first < this.size; first += this.atOnce) {
      this.itemsAt(first, Math.min(this.atOnce, this.size - first));
    }
  }

  read(indices: ArrayLike<number>): NdArray<"float32"> {
    return this.gather(indices, "float32");
  }

  prefetch(indices: ArrayLike<number>): void {
    const { source, bodyAt } = this.parts;
    for (let n = 0; n < indices.length; n++) source.prefetch(bodyAt + indices[n]! * this.extent, this.extent);
  }

  get fingerprint(): string {
    const { kind, size, shape, parts } = this;
    this.known ??= fingerprintOf(`${kind} ${size} [${shape.join()}] in a file ${parts.source.digest()}`);
    return this.known;
  }

  private itemsAt(first: number, count: number): Items {
    const { source, bodyAt, decode } = this.parts;
    const bytes = new Uint8Array(count * this.extent);
    source.read(bodyAt + first * this.extent, bytes);
    return decode(bytes, first);
  }

  private gather<D extends "float32" | "float64">(indices: ArrayLike<number>, dtype: D): NdArray<D> {
    const { width } = this;
    const out = zeros([indices.length, ...this.shape], dtype);
    for (let n = 0; n < indices.length;) {
      // Neighbours are read together.
      const first = checkedIndex(this, indices[n]!);
      let count = 1;
      while (count < this.atOnce && n + count < indices.length && indices[n + count] === first + count) count++;
      checkedIndex(this, first + count - 1);
      const items = this.itemsAt(first, count);
      if (items.dtype === "uint8") toLevels(items.data, 0, out.data as Float32Array, n * width, count * width);
      else out.data.set(items.data, n * width);
      n += count;
    }
    return out;
  }
}
