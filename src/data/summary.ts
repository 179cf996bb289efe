import { type NdArray, type Shape, rows } from "../base/ndarray.ts";
import { range } from "../base/range.ts";
import { className } from "./classes.ts";
import { type Dataset, type SkippedFile, readExact } from "./dataset.ts";

/** Summary of one pass over all items. */
export interface DataSummary {
  readonly name: string;
  readonly kind: Dataset["kind"];
  readonly size: number;
  readonly shape: Shape;
  /** Over all numbers of all items. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Each coordinate of points; null for images, and for points with more than ten coordinates. */
  readonly dimensions: readonly DimensionSummary[] | null;
  /** Items equal to an earlier one: `[the first such item, the item]`. */
  readonly duplicates: readonly (readonly [number, number])[];
  /** Images with a single value throughout. */
  readonly constant: readonly number[];
  /** Number of items by class name; null without labels. */
  readonly classes: ReadonlyMap<string, number> | null;
  readonly skipped: readonly SkippedFile[];
  readonly fingerprint: string;
}

/** Range, mean and standard deviation of one coordinate. */
export interface DimensionSummary {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly deviation: number;
}

const chunk = 256;
/** Number of coordinates up to which points are summarised by coordinate. */
const fewDimensions = 10;

/** Reads every item once and summarises the data. */
export async function summarize(dataset: Dataset): Promise<DataSummary> {
  const { name, kind, size, shape, skipped, fingerprint } = dataset;
  const bounds = { min: Infinity, max: -Infinity, sum: 0, count: 0 };
  const duplicates: [number, number][] = [];
  const constant: number[] = [];
  const dimensions =
    kind === "points" && shape[0]! <= fewDimensions ? Array.from({ length: shape[0]! }, () => new Moments()) : null;
  const findEarlier = earlierItems(dataset);
  for (let start = 0; start < size; start += chunk) {
    const stop = Math.min(size, start + chunk);
    const items: NdArray = await readExact(dataset, range(start, stop));
    widen(bounds, items);
    dimensions?.forEach((moments, at) => {
      for (let i = at; i < items.data.length; i += dimensions.length) moments.add(items.data[i]!);
    });
    for (let n = start; n < stop; n++) {
      const item = rows(items, n - start, n - start + 1).data as Float32Array | Float64Array;
      const earlier = await findEarlier(n, item);
      if (earlier !== null) duplicates.push([earlier, n]);
      if (kind === "image" && isConstant(item)) constant.push(n);
    }
  }
  return {
    name,
    kind,
    size,
    shape,
    min: bounds.min,
    max: bounds.max,
    mean: bounds.sum / bounds.count,
    dimensions: dimensions?.map((moments) => moments.summary()) ?? null,
    duplicates,
    constant,
    classes: dataset.labels === null ? null : itemsOfClasses(dataset, dataset.labels),
    skipped,
    fingerprint,
  };
}

/** Running range, mean and standard deviation (Welford). */
class Moments {
  private count = 0;
  private mean = 0;
  private squares = 0;
  private min = Infinity;
  private max = -Infinity;

  add(value: number): void {
    const distance = value - this.mean;
    this.mean += distance / ++this.count;
    this.squares += distance * (value - this.mean);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  summary(): DimensionSummary {
    const { min, max, mean, squares, count } = this;
    return { min, max, mean, deviation: Math.sqrt(squares / count) };
  }
}

function widen(bounds: { min: number; max: number; sum: number; count: number }, { data }: NdArray): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value < bounds.min) bounds.min = value;
    if (value > bounds.max) bounds.max = value;
    bounds.sum += value;
  }
  bounds.count += data.length;
}

function isConstant(item: Float32Array | Float64Array): boolean {
  for (let i = 1; i < item.length; i++) if (item[i] !== item[0]) return false;
  return true;
}

function wordsOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / Int32Array.BYTES_PER_ELEMENT);
}

/** Finds the first item with the same bits: by hash, then number by number. */
function earlierItems(dataset: Dataset): (index: number, item: Float32Array | Float64Array) => Promise<number | null> {
  const seen = new Map<number, number[]>();
  return async (index, item) => {
    const bits = wordsOf(item);
    const hash = hashOf(bits);
    const candidates = seen.get(hash);
    if (candidates === undefined) {
      seen.set(hash, [index]);
      return null;
    }
    for (const candidate of candidates) {
      const other = wordsOf((await readExact(dataset, [candidate])).data);
      if (bits.every((word, i) => word === other[i])) return candidate;
    }
    candidates.push(index);
    return null;
  };
}

/** 52 bits from two multiplicative hashes. */
function hashOf(bits: Int32Array): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let i = 0; i < bits.length; i++) {
    low = Math.imul(low ^ bits[i]!, 0x01000193);
    low ^= low >>> 15;
    high = Math.imul(high ^ bits[i]!, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}

function itemsOfClasses(dataset: Dataset, labels: Int32Array): Map<string, number> {
  const counts = new Map<number, number>();
  for (const label of labels.toSorted()) counts.set(label, (counts.get(label) ?? 0) + 1);
  return new Map(Array.from(counts, ([label, count]) => [className(dataset, label), count]));
}
