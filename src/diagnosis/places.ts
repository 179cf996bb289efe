import { type NdArray, type Shape, ndarray, reshaped, rows, sizeOf } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import { type Dataset, className, subsampleIndices, readExact } from "../data/index.ts";
import { laplacianVariances } from "../metrics/index.ts";
import { clusterCentres } from "./clusters.ts";
import { type Kinds, classesOf, kindShares } from "./kinds.ts";
import { nearestRows } from "../numeric/nearest.ts";
import { minOf } from "../base/many.ts";
import { range } from "../base/range.ts";

/** Places: regions of the data to which samples are assigned, either the declared modes or clusters of real items. */
export interface Places {
  /** Whether the data declare them. */
  readonly declared: boolean;
  readonly centres: NdArray;
  /** Largest distance from the centre at which an item is near a place, [k]. */
  readonly radii: Float64Array;
  /**
   * Smallest such distance, [k]. High-dimensional items all have about the same distance from the centre of their
   * cluster and none is close to it: a sample near the centre is a blur of many items. 0 for modes, which have items at their
   * centres.
   */
  readonly innerRadii: Float64Array;
  /**
   * The mean of all items [1, d] and their smallest distance from it: a sample that is closer is a blend of all items. Null
   * for modes.
   */
  readonly middle: { readonly mean: NdArray; readonly radius: number } | null;
  /**
   * For images, their shape [h, w, c] and the sharpness range of real ones, because pixel distances do not distinguish
   * noise from contours. Null for points, and for modes.
   */
  readonly sharpness: { readonly shape: Shape; readonly range: readonly [low: number, high: number] } | null;
  /** Distance from a mode within which a sample is of high quality, as the data declare; null for clusters. */
  readonly highQuality: number | null;
  /** Share of real items that count as realistic themselves: their `fidelityOf`. */
  readonly fidelity: number;
  /** Share of real items at each place, [k], with sum 1. */
  readonly shares: Float64Array;
  /** Name of each place: `mode 3`, `cluster 5 (mostly class 2)`. */
  readonly names: readonly string[];
  /** Modes or classes by which realistic samples are counted; null for clusters of data without usable labels. */
  readonly kinds: Kinds | null;
}

/** Number of real items that determine the places, and a limit on their total number of values. */
const [mostItems, maxNumbers] = [2500, 2_000_000];
/** Number of clusters for data without modes, and minimum items per cluster. */
const [clusters, perCluster] = [16, 10];
/**
 * An item within this fraction of the distance to the next centre is near a mode, however small the mode's standard
 * deviation.
 */
const reach = 1 / 4;

/** At most `most` real items, a random subset given by the key, flattened to [n, d]. */
export async function realItems(
  data: Dataset,
  key: Key,
  most: number,
): Promise<{ readonly items: NdArray; readonly chosen: Int32Array }> {
  const width = sizeOf(data.shape);
  const chosen = subsampleIndices(data, most, fold(key, "real items"));
  const items: NdArray = await readExact(data, chosen);
  return { items: reshaped(items, [chosen.length, width]), chosen };
}

/** The places of real items; null if there are too few items. */
export async function placesOf(data: Dataset, key: Key): Promise<Places | null> {
  const most = Math.min(mostItems, Math.max(100, Math.floor(maxNumbers / sizeOf(data.shape))));
  const { items, chosen } = await realItems(data, key, most);
  const modes = data.modes?.kind === "centers" ? data.modes : undefined;
  const count = modes?.centers.shape[0] ?? Math.min(clusters, Math.floor(chosen.length / perCluster));
  if (count < 2) return null;
  const centres = modes?.centers ?? clusterCentres(items, count, fold(key, "clusters"));
  const { row, distance } = nearestRows(items, centres);
  const members = Array.from({ length: count }, (_, place) => [...row.keys()].filter((i) => row[i] === place));
  const between = modes === undefined ? new Float64Array(count) : distancesBetween(centres);
  const names = members.map((own, place) =>
    modes
      ? `mode ${place}`
      : `cluster ${place}${classOf(
          data,
          own.map((i) => data.labels?.[chosen[i]!]),
        )}`,
  );
  const distances = members.map((own) => own.map((i) => distance[i]!).toSorted((a, b) => a - b));
  const places = {
    declared: modes !== undefined,
    centres,
    radii: Float64Array.from(distances, (own, place) => Math.max(atShare(own, 0.99), reach * between[place]!)),
    innerRadii: Float64Array.from(distances, (own) => (modes === undefined ? atShare(own, 0.01) : 0)),
    middle: modes === undefined ? middleOf(items) : null,
    sharpness: modes === undefined ? sharpnessOf(items, data) : null,
    highQuality: modes === undefined ? null : modes.within * modes.deviation,
    shares: Float64Array.from(members, (own) => own.length / chosen.length),
    names,
    kinds: null,
  };
  const kinds = modes === undefined ? classesOf(data, items, chosen, fold(key, "classes")) : modesAsKinds(places);
  return { ...places, kinds, fidelity: fidelityOf(items, places) };
}

function modesAsKinds({ names, shares, centres }: Pick<Places, "names" | "shares" | "centres">): Kinds {
  return { what: "modes", names, shares, rule: { centres, kindOf: range(0, names.length), confusion: null } };
}

/** Quantile of ascending distances; 0 if there are none. */
function atShare(ascending: readonly number[], share: number): number {
  return ascending[Math.floor(share * ascending.length)] ?? 0;
}

function middleOf(items: NdArray): Places["middle"] {
  const [n, d] = items.shape as [number, number];
  const sums = new Float64Array(d);
  for (let e = 0; e < n * d; e++) sums[e % d]! += items.data[e]! / n;
  const mean = ndarray("float64", [1, d], sums);
  const distances = [...nearestRows(items, mean).distance].toSorted((a, b) => a - b);
  return { mean, radius: atShare(distances, 0.01) };
}

/** Smallest side of an image, in pixels, for which sharpness is measured. */
const leastSide = 3;

function sharpnessOf(items: NdArray, { kind, shape }: Dataset): Places["sharpness"] {
  if (kind !== "image" || Math.min(shape[0]!, shape[1]!) < leastSide) return null;
  const found = [...sharpnesses(items, shape)].toSorted((a, b) => a - b);
  return { shape, range: [atShare(found, 0.01), atShare(found, 0.99)] };
}

function sharpnesses(items: NdArray, shape: Shape): Float64Array {
  return laplacianVariances(reshaped(items, [items.shape[0]!, ...shape]));
}

/** Distance from each centre to the nearest other one. */
function distancesBetween(centres: NdArray): Float64Array {
  const k = centres.shape[0]!;
  return Float64Array.from({ length: k }, (_, place) => {
    const others = Array.from({ length: k }, (__, i) => i).filter((i) => i !== place);
    return minOf(others.map((i) => nearestRows(rows(centres, place, place + 1), rows(centres, i, i + 1)).distance[0]!));
  });
}

/** The class of more than half of the items, as text. */
function classOf(data: Dataset, labels: readonly (number | undefined)[]): string {
  const counts = new Map<number, number>();
  for (const label of labels) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most !== undefined && most[1] > labels.length / 2 ? ` (mostly class ${className(data, most[0])})` : "";
}

type Balls = Pick<Places, "centres" | "radii" | "innerRadii" | "middle" | "sharpness">;

/** Share of samples [n, d] nearest to each place, and share near it, [k] each. */
export function sharesOf(samples: NdArray, places: Balls): { readonly nearest: number[]; readonly near: number[] } {
  const { row, isNear } = placed(samples, places);
  const [nearest, near] = [Array.from(places.radii, () => 0), Array.from(places.radii, () => 0)];
  for (const [i, place] of row.entries()) {
    nearest[place]! += 1 / row.length;
    if (isNear[i]!) near[place]! += 1 / row.length;
  }
  return { nearest, near };
}

/** The nearest place of each sample [n, d], and whether the sample is near it. */
function placed(
  samples: NdArray,
  { centres, radii, innerRadii, middle, sharpness }: Balls,
): { readonly row: Int32Array; readonly isNear: readonly boolean[] } {
  const { row, distance } = nearestRows(samples, centres);
  const fromMiddle = middle && nearestRows(samples, middle.mean).distance;
  const sharp = sharpness && sharpnesses(samples, sharpness.shape);
  const isSharpAsItems = (i: number) =>
    sharp === null || (sharp[i]! >= sharpness!.range[0] && sharp[i]! <= sharpness!.range[1]);
  const isNear = Array.from(row, (place, i) => {
    const isBlur = distance[i]! < innerRadii[place]! || (fromMiddle !== null && fromMiddle[i]! < middle!.radius);
    return distance[i]! <= radii[place]! && !isBlur && isSharpAsItems(i);
  });
  return { row, isNear };
}

/** Share of realistic samples [n, d]: of high quality, if the data declare modes, otherwise near a cluster. */
export function fidelityOf(samples: NdArray, places: Balls & Pick<Places, "highQuality">): number {
  const realistic = areRealistic(samples, places);
  return realistic.filter((each) => each).length / realistic.length;
}

/** Share of samples [n, d] that are realistic and of each kind, [k]; empty without kinds. */
export function kindsIn(samples: NdArray, places: Places): number[] {
  return places.kinds === null ? [] : kindShares(samples, areRealistic(samples, places), places.kinds);
}

function areRealistic(samples: NdArray, places: Balls & Pick<Places, "highQuality">): readonly boolean[] {
  const within = places.highQuality;
  if (within === null) return placed(samples, places).isNear;
  return Array.from(nearestRows(samples, places.centres).distance, (each) => each <= within);
}
