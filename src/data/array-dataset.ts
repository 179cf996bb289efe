import { DataError } from "../base/errors.ts";
import { type NdArray, type Shape, castTo, formatShape, reused, rows, sizeOf } from "../base/ndarray.ts";
import { type PointScale, coarseCoordinates } from "../base/point-scale.ts";
import { Sha256 } from "../base/sha256.ts";
import { type Dataset, type SkippedFile, checkedIndex, factsOf } from "./dataset.ts";
import { PointMoments } from "./point-scale.ts";
import type { Selectable } from "./selection.ts";
import type { ValueScale } from "./value-scale.ts";

type Items = NdArray<"uint8"> | NdArray<"float32"> | NdArray<"float64">;

/** What defines a data set in memory. */
export interface ArrayDatasetParts {
  readonly name: string;
  readonly kind: "image" | "points";
  /**
   * `[n, h, w, c]` or `[n, d]`. uint8 is for images only, with 0 to 255 standing for [0, 1]; float64 is for points
   * only. The memory is kept, not copied.
   */
  readonly items: Items;
  readonly labels?: Int32Array | null;
  /** Names of the labels; numbers are their own names if not given. */
  readonly classNames?: readonly string[];
  readonly skipped?: readonly SkippedFile[];
  readonly notes?: readonly string[];
  /** Whether points have arbitrary units and are standardised for training. */
  readonly ownUnits?: true;
  readonly scales?: readonly ValueScale[];
  /** The file of each item. */
  readonly files?: readonly string[];
}

/**
 * A data set in memory.
 * @throws DataError for an unknown kind, no items, an array that does not fit the kind, and a value that is not finite
 * or out of range.
 */
export function arrayDataset(parts: ArrayDatasetParts): Dataset {
  const { name, kind, items, labels = null, skipped = [] } = parts;
  // Data from a JavaScript file were not type-checked.
  if (kind !== "image" && kind !== "points") {
    throw new DataError(`${name}: the kind must be image or points - got ${String(kind)}`);
  }
  if (!Array.isArray((items as Items | undefined)?.shape)) {
    throw new DataError(
      `${name}: the items must be an array with its shape - got ${items === undefined ? "none" : typeof items}`,
      "items: ndarray(dtype, shape, data), from zaya",
    );
  }
  const rank = kind === "image" ? 4 : 2;
  if (items.shape.length !== rank || sizeOf(items.shape) === 0) {
    const form = kind === "image" ? "[n, h, w, c]" : "[n, d]";
    throw new DataError(`${name} must be ${form} and not empty - got ${formatShape(items.shape)}`);
  }
  if (items.dtype === (kind === "points" ? "uint8" : "float64")) {
    const types = kind === "points" ? "float32 or float64" : "uint8 or float32";
    throw new DataError(`${kind === "points" ? "points" : "images"} must be ${types} - got ${items.dtype} in ${name}`);
  }
  if (labels !== null && labels.length !== items.shape[0]) {
    throw new DataError(`${name} must have one label per item, ${items.shape[0]} - got ${labels.length}`);
  }
  checkValues(items, kind, name);
  return new ArrayDataset({ ...parts, labels, skipped }, null);
}

const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * @param first Index of the first item. @throws DataError naming the first value that is not finite or, for images,
 * outside [0, 1].
 */
export function checkValues(items: NdArray, kind: "image" | "points", where: string, first: number = 0): void {
  if (items.dtype === "uint8") return;
  const [low, high] = kind === "image" ? [0, 1] : [-largestFloat32, largestFloat32];
  const data = items.data;
  for (let i = 0; i < data.length; i++) {
    // Written so that it is true for NaN.
    if (!(data[i]! >= low && data[i]! <= high)) throw badValue(items, i, where, first);
  }
}

/** Indices along each axis of the element at a flat position in C order. */
export function indexOf(shape: Shape, at: number): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = at; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}

function badValue(items: NdArray, at: number, where: string, first: number): DataError {
  const value = items.data[at]!;
  const index = indexOf(items.shape, at);
  index[0]! += first;
  if (Number.isNaN(value) || Math.abs(value) > largestFloat32) {
    return new DataError(
      `${where}: each value must be a finite float32 - got ${value} at ${formatShape(index)}`,
      "remove or repair the items with such values",
    );
  }
  const hint =
    value < 0
      ? "convert values in [-1, 1] with (a + 1) / 2"
      : 'values in [0, 255] become [0, 1] by a / 255, or save them with a.astype("uint8")';
  return new DataError(`${where}: an image must have values in [0, 1] - got ${value} at ${formatShape(index)}`, hint);
}

/** The value of each byte of an image. */
const levels = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Converts `count` bytes of an array, starting at `from`, to float32 in [0, 1] in another, starting at `to`. */
export function toLevels(bytes: Uint8Array, from: number, out: Float32Array, to: number, count: number): void {
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
  readonly scales?: readonly ValueScale[];
  private readonly items: Items;
  private readonly width: number;
  private known: string | undefined;
  private scale: PointScale | undefined;

  constructor(
    private readonly parts: OpenedArray,
    /** Indices of the items, in order; null for all. */
    private readonly chosen: Int32Array | null,
  ) {
    const { name, kind, items, labels, skipped } = parts;
    this.name = name;
    this.kind = kind;
    this.items = items;
    this.labels = labels;
    this.skipped = skipped;
    Object.assign(this, factsOf(parts));
    this.shape = items.shape.slice(1);
    this.size = chosen?.length ?? items.shape[0]!;
    this.width = sizeOf(this.shape);
    if (items.dtype === "float64") this.readDouble = async (indices) => this.gather(items, indices, "float64");
    if (parts.ownUnits) this.pointScale = async () => this.ownScale();
  }

  readonly readDouble?: (indices: ArrayLike<number>) => Promise<NdArray<"float64">>;
  readonly pointScale?: () => Promise<PointScale>;

  async read(indices: ArrayLike<number>, reuse?: NdArray<"float32">): Promise<NdArray<"float32">> {
    const { items, width } = this;
    if (items.dtype !== "uint8") return this.gather(items, indices, "float32", reuse);
    const out = reused(reuse, [indices.length, ...this.shape], "float32");
    for (let n = 0; n < indices.length; n++) {
      toLevels(items.data, this.row(indices[n]!) * width, out.data, n * width, width);
    }
    return out;
  }

  // Not a property of its own: `{ ...dataset, read }` must train on what that `read` gives.
  get readBytes(): Dataset["readBytes"] {
    const { items } = this;
    return items.dtype === "uint8" ? async (indices, reuse) => this.gather(items, indices, "uint8", reuse) : undefined;
  }

  itemName(index: number): string {
    const row = this.row(index);
    return this.parts.files?.[row] ?? `item ${row}`;
  }

  get fingerprint(): string {
    this.known ??= this.digest();
    return this.known;
  }

  /** Shares the memory of the items. */
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

  private gather<D extends Items["dtype"]>(
    { data }: NdArray<Items["dtype"]>,
    indices: ArrayLike<number>,
    dtype: D,
    reuse?: NdArray<D>,
  ): NdArray<D> {
    const { width } = this;
    const out = reused(reuse, [indices.length, ...this.shape], dtype);
    for (let n = 0; n < indices.length; n++) {
      const from = this.row(indices[n]!) * width;
      out.data.set(data.subarray(from, from + width), n * width);
    }
    return out;
  }

  private ownScale(): PointScale {
    if (this.scale !== undefined) return this.scale;
    const { name, items, width, size } = this;
    const moments = new PointMoments(name, width);
    const points = items.data as Float32Array | Float64Array;
    for (let n = 0; n < size; n++) moments.add(points.subarray(this.row(n) * width, (this.row(n) + 1) * width));
    return (this.scale = moments.scale());
  }

  /** Hash of the items as models see them: float64 as float32, unless float32 cannot resolve them. */
  private digest(): string {
    const { kind, items, labels, shape, size } = this;
    const hash = new Sha256();
    const isCoarse = this.pointScale !== undefined && coarseCoordinates(this.ownScale()).length > 0;
    const dtype = items.dtype === "uint8" || isCoarse ? items.dtype : "float32";
    hash.update(new TextEncoder().encode(`${kind} ${dtype} ${size} ${formatShape(shape)}`));
    const add = (part: Items) => hash.update(bytesOf(part.dtype === dtype ? part.data : castTo(part, "float32").data));
    if (this.chosen === null) add(items);
    else for (let n = 0; n < size; n++) add(rows(items as NdArray, this.row(n), this.row(n) + 1) as Items);
    if (labels !== null) hash.update(bytesOf(labels));
    if (labels !== null && areNamed(this)) hash.update(new TextEncoder().encode(JSON.stringify(this.classNames)));
    return hash.hex().slice(0, 16);
  }
}

/** Whether classes have names other than their numbers. */
function areNamed({ classNames }: Pick<Dataset, "classNames">): boolean {
  return classNames?.some((name, label) => name !== String(label)) ?? false;
}

function bytesOf(data: Uint8Array | Float32Array | Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
