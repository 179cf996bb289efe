import type { ByteSource } from "../base/byte-source.ts";
import { type NdArray, type Shape, reused, sizeOf } from "../base/ndarray.ts";
import type { PointScale } from "../base/point-scale.ts";
import { toLevels } from "./array-dataset.ts";
import { type Dataset, type SkippedFile, checkedIndex, fingerprintOf } from "./dataset.ts";
import { pointScaleOf } from "./point-scale.ts";
import type { ValueScale } from "./value-scale.ts";

type Items = NdArray<"uint8"> | NdArray<"float32"> | NdArray<"float64">;

/** What defines a data set that is read from a file item by item. */
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
export async function fileDataset(parts: FileDatasetParts): Promise<Dataset> {
  const dataset = new FileDataset(parts);
  await dataset.open();
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
  /** Bytes per item. */
  private readonly extent: number;
  private readonly width: number;
  /** Number of consecutive items per read. */
  private readonly atOnce: number;
  private dtype: Items["dtype"] = "float32";
  private known: string | undefined;
  private scale: Promise<PointScale> | undefined;

  constructor(private readonly parts: FileDatasetParts) {
    const { name, kind, shape, size, source, bodyAt, scales } = parts;
    this.name = name;
    this.kind = kind;
    this.shape = shape;
    this.size = size;
    this.scales = scales;
    if (kind === "points") this.pointScale = () => (this.scale ??= pointScaleOf(this));
    this.width = sizeOf(shape);
    this.extent = (source.length - bodyAt) / size;
    this.atOnce = Math.max(1, Math.floor(bytesAtOnce / this.extent));
  }

  readDouble?: (indices: ArrayLike<number>) => Promise<NdArray<"float64">>;
  readonly pointScale?: () => Promise<PointScale>;

  async open(): Promise<void> {
    const { dtype } = await this.itemsAt(0, 1);
    this.dtype = dtype;
    if (dtype === "float64") this.readDouble = (indices) => this.gather(indices, "float64");
    // Every byte is a valid level.
    if (dtype === "uint8") return;
    for (let first = 0; first < this.size; first += this.atOnce) {
      await this.itemsAt(first, Math.min(this.atOnce, this.size - first));
    }
  }

  read(indices: ArrayLike<number>, reuse?: NdArray<"float32">): Promise<NdArray<"float32">> {
    return this.gather(indices, "float32", reuse);
  }

  get readBytes(): Dataset["readBytes"] {
    return this.dtype === "uint8" ? (indices, reuse) => this.gather(indices, "uint8", reuse) : undefined;
  }

  get fingerprint(): string {
    const { kind, size, shape, parts } = this;
    this.known ??= fingerprintOf(`${kind} ${size} [${shape.join()}] in a file ${parts.source.digest()}`);
    return this.known;
  }

  private async itemsAt(first: number, count: number): Promise<Items> {
    const { source, bodyAt, decode } = this.parts;
    const bytes = new Uint8Array(count * this.extent);
    await source.read(bodyAt + first * this.extent, bytes);
    return decode(bytes, first);
  }

  private async gather<D extends Items["dtype"]>(
    indices: ArrayLike<number>,
    dtype: D,
    reuse?: NdArray<D>,
  ): Promise<NdArray<D>> {
    const out = reused(reuse, [indices.length, ...this.shape], dtype);
    const put = async (n: number, first: number, count: number): Promise<void> => {
      const items = await this.itemsAt(first, count);
      const at = n * this.width;
      if (items.dtype === "uint8" && dtype !== "uint8")
        toLevels(items.data, 0, out.data as Float32Array, at, count * this.width);
      else out.data.set(items.data, at);
    };
    // All reads start at once: while a training step keeps the thread busy, no further read could start.
    await Promise.all(this.neighbours(indices).map(([n, first, count]) => put(n, first, count)));
    return out;
  }

  /** Runs of consecutive indices, which are read together: position of the first among `indices`, its value, and their number. */
  private neighbours(indices: ArrayLike<number>): [n: number, first: number, count: number][] {
    const found: [number, number, number][] = [];
    for (let n = 0; n < indices.length; n++) {
      const index = checkedIndex(this, indices[n]!);
      const last = found.at(-1);
      if (last !== undefined && index === last[1] + last[2] && last[2] < this.atOnce) last[2]++;
      else found.push([n, index, 1]);
    }
    return found;
  }
}
