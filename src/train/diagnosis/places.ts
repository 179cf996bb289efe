import { type NdArray, reshaped, rows, sizeOf } from "../../base/ndarray.ts";
import { type Key, fold } from "../../base/random.ts";
import { type Dataset, className, somePlaces } from "../../data/index.ts";
import { clusterCentres } from "./clusters.ts";
import { nearestRows } from "../../base/nearest-rows.ts";
import { minOf } from "../../base/many.ts";

/** Where real items are: the modes that the data declare, or clusters of them. */
export interface Places {
  /** Whether the data declare them. */
  readonly declared: boolean;
  readonly centres: NdArray;
  /** An item is near a place when its distance from the centre is at most this, [k]. */
  readonly radii: Float64Array;
  /** Share of real items at each place, [k]; their sum is 1. */
  readonly shares: Float64Array;
  /** What each is called: `mode 3`, `cluster 5 (mostly class 2)`. */
  readonly names: readonly string[];
}

/** Real items among which places are looked for; fewer where items are large: so many numbers. */
const [mostItems, mostNumbers] = [2500, 2_000_000];
/** Clusters of data that declare no modes, with so many items each at least. */
const [clusters, perCluster] = [16, 10];
/** Of the distance to the next centre: modes are told apart within it, however small their deviation. */
const reach = 1 / 4;

/** Real items [n, d], flattened, at most so many, chosen by the key. */
export function realItems(
  data: Dataset,
  key: Key,
  most: number,
): { readonly items: NdArray<"float32">; readonly chosen: Int32Array } {
  const width = sizeOf(data.shape);
  const chosen = somePlaces(data, most, fold(key, "real items"));
  return { items: reshaped(data.read(chosen), [chosen.length, width]), chosen };
}

/** Null where there are too few items to tell places. */
export function placesOf(data: Dataset, key: Key): Places | null {
  const most = Math.min(mostItems, Math.max(100, Math.floor(mostNumbers / sizeOf(data.shape))));
  const { items, chosen } = realItems(data, key, most);
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
  return {
    declared: modes !== undefined,
    centres,
    radii: Float64Array.from(members, (own, place) =>
      Math.max(farthest(own.map((i) => distance[i]!)), reach * between[place]!),
    ),
    shares: Float64Array.from(members, (own) => own.length / chosen.length),
    names,
  };
}

/** All but one in a hundred are nearer. */
function farthest(distances: readonly number[]): number {
  return distances.toSorted((a, b) => a - b)[Math.floor(0.99 * distances.length)] ?? 0;
}

/** From each centre to the nearest other one. */
function distancesBetween(centres: NdArray): Float64Array {
  const k = centres.shape[0]!;
  return Float64Array.from({ length: k }, (_, place) => {
    const others = Array.from({ length: k }, (__, i) => i).filter((i) => i !== place);
    return minOf(others.map((i) => nearestRows(rows(centres, place, place + 1), rows(centres, i, i + 1)).distance[0]!));
  });
}

/** The class that more than half of the items are of, in words. */
function classOf(data: Dataset, labels: readonly (number | undefined)[]): string {
  const counts = new Map<number, number>();
  for (const label of labels) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most !== undefined && most[1] > labels.length / 2 ? ` (mostly class ${className(data, most[0])})` : "";
}

/** The share of samples [n, d] that each place is nearest to, and that of those that are near it, [k] each. */
export function sharesOf(
  samples: NdArray,
  { centres, radii }: Places,
): { readonly nearest: number[]; readonly near: number[] } {
  const { row, distance } = nearestRows(samples, centres);
  const [nearest, near] = [Array.from(radii, () => 0), Array.from(radii, () => 0)];
  for (let i = 0; i < row.length; i++) {
    nearest[row[i]!]! += 1 / row.length;
    if (distance[i]! <= radii[row[i]!]!) near[row[i]!]! += 1 / row.length;
  }
  return { nearest, near };
}
