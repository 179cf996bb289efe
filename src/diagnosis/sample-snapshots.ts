import { type NdArray, reshaped, sizeOf } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import { kindShare, nearShare, nearestShare, sampleDiversity, sampleFidelity } from "../base/scalar-names.ts";
import type { Dataset } from "../data/index.ts";
import { monteCarlo } from "../estimators/index.ts";
import { pairDistances } from "../metrics/index.ts";
import { type Model, directions } from "../models/index.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { type Places, fidelityOf, kindsIn, placesOf, realItems, sharesOf } from "./places.ts";
import type { Diversity, SampleSnapshot, Series } from "./symptom.ts";

/** Number of samples in a snapshot, limited by their total size, but at least a hundred. */
const [usual, maxNumbers, fewest] = [{ image: 1000, points: 2500, pair: 1000 } as const, 20_000_000, 100];

/** Number of samples from noise in a snapshot for such data. */
export function samplesFor({ kind, shape }: Dataset): number {
  return Math.min(usual[kind], Math.max(fewest, Math.floor(maxNumbers / sizeOf(shape))));
}

/** Whether snapshots before the end are meaningful; a mixture has untrained components until then. */
export function isCompleteDuringTraining({ stages }: Model): boolean {
  return stages === undefined;
}

/** Snapshots of a model's outputs, compared with a fixed set of real items. */
export interface Snapshots {
  /** Null if samples are not assigned to places. */
  readonly places: Places | null;
  /** Distance between two real items in one coordinate. */
  readonly spread: number;
  snapshot(trained: TrainedModel, step: number): Promise<SampleSnapshot>;
}

/** Snapshots of samples from fixed noise. */
export class SampleSnapshots implements Snapshots {
  private constructor(
    readonly places: Places | null,
    readonly spread: number,
    /** Mean distance between two real items. */
    private readonly distance: number,
    private readonly noise: Key,
    private readonly count: number,
  ) {}

  static async open(data: Dataset, seed: Key): Promise<SampleSnapshots> {
    const own = fold(seed, "sample looks");
    const count = samplesFor(data);
    const distance = meanDistance((await realItems(data, own, count)).items);
    const spread = distance / Math.sqrt(sizeOf(data.shape));
    return new SampleSnapshots(await placesOf(data, own), spread, distance, fold(own, "noise"), count);
  }

  async snapshot(trained: TrainedModel, step: number): Promise<SampleSnapshot> {
    return this.snapshotOf(await trained.sample(this.noise, this.count), step);
  }

  /** Snapshot of given samples [n, ...]. */
  snapshotOf(made: NdArray, step: number): SampleSnapshot {
    const n = made.shape[0]!;
    const samples = reshaped(made, [n, made.data.length / n]);
    const diversity = [{ way: null, value: meanDistance(samples) / this.distance }];
    const { places } = this;
    if (places === null) return { step, diversity, nearest: [], near: [], fidelity: null, kinds: [] };
    const [fidelity, kinds] = [fidelityOf(samples, places), kindsIn(samples, places)];
    return { step, diversity, ...sharesOf(samples, places), fidelity, kinds };
  }
}

/** Mean Euclidean distance of consecutive pairs of items [n, ...]; NaN for a single item. */
export function meanDistance(items: NdArray): number {
  const n = items.shape[0]!;
  const distances = pairDistances(reshaped(items, [n, items.data.length / n]));
  return distances.length === 0 ? Number.NaN : monteCarlo(distances).mean;
}

/** A snapshot as scalars by name. */
export function logged({ diversity, nearest, near, fidelity, kinds }: SampleSnapshot): Record<string, number> {
  return {
    ...(fidelity !== null && { [sampleFidelity]: fidelity }),
    ...Object.fromEntries(diversity.map(({ way, value }) => [sampleDiversity(way), value])),
    ...Object.fromEntries(nearest.map((share, place) => [nearestShare.name({ place }), share])),
    ...Object.fromEntries(near.map((share, place) => [nearShare.name({ place }), share])),
    ...Object.fromEntries(kinds.map((share, kind) => [kindShare.name({ kind }), share])),
  };
}

/** The snapshots that were logged, oldest first. */
export function snapshotsIn(series: ReadonlyMap<string, Series>): SampleSnapshot[] {
  const followed = [null, ...directions].flatMap((way) => {
    const values = series.get(sampleDiversity(way));
    return values === undefined ? [] : [{ way, ...values }];
  });
  const shares = (name: (place: number) => string, step: number) => sharesAt(series, name, step);
  return (followed[0]?.steps ?? []).map((step, i) => ({
    step,
    diversity: followed.map(({ way, values }): Diversity => ({ way, value: values[i]! })),
    nearest: shares((place) => nearestShare.name({ place }), step),
    near: shares((place) => nearShare.name({ place }), step),
    fidelity: valueAt(series.get(sampleFidelity), step),
    kinds: shares((kind) => kindShare.name({ kind }), step),
  }));
}

function valueAt(series: Series | undefined, step: number): number | null {
  return series?.values[series.steps.lastIndexOf(step)] ?? null;
}

/** Shares of place or kind 0, 1 and so on; runs of earlier versions have no kinds. */
function sharesAt(series: ReadonlyMap<string, Series>, name: (place: number) => string, step: number): number[] {
  const values: number[] = [];
  for (let place = 0; ; place++) {
    const found = valueAt(series.get(name(place)), step);
    if (found === null) return values;
    values.push(found);
  }
}
