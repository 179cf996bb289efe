import { type NdArray, reshaped, sizeOf } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import type { Dataset } from "../data/index.ts";
import { monteCarlo } from "../estimators/index.ts";
import { pairDistances } from "../metrics/index.ts";
import { type Direction, type Model, directions } from "../models/index.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { type Places, fidelityOf, placesOf, realItems, sharesOf } from "./places.ts";
import type { Diversity, SampleLook, Series } from "./symptom.ts";

/**
 * What looks are logged as: `samples/diversity/AtoB` is that of one way, `samples/nearest/3` and `samples/near/3` are the shares
 * at place 3.
 */
const [diversityName, nearestName, nearName] = ["samples/diversity", "samples/nearest", "samples/near"] as const;
const fidelityName = "samples/fidelity";
export const shareNames = [nearestName, nearName] as const;

/** Samples of a look, fewer where items are large: so many numbers, but a hundred at least. */
const [usual, mostNumbers, fewest] = [{ image: 1000, points: 2500, pair: 1000 } as const, 20_000_000, 100];

/** Samples from noise by which a model of such data is judged. */
export function samplesFor({ kind, shape }: Dataset): number {
  return Math.min(usual[kind], Math.max(fewest, Math.floor(mostNumbers / sizeOf(shape))));
}

/** Whether there is something to look at before the end: a mixture holds parts that nobody has trained yet. */
export function isWholeWhileTraining({ stages }: Model): boolean {
  return stages === undefined;
}

/** Looks at what a model makes, beside the same real items each time. */
export interface Looks {
  /** Null where samples are not told by place. */
  readonly places: Places | null;
  /** How far two real items are apart in one number. */
  readonly spread: number;
  look(trained: TrainedModel, step: number): Promise<SampleLook>;
}

/** Looks at samples from the same noise. */
export class SampleLooks implements Looks {
  readonly places: Places | null;
  readonly spread: number;
  /** Mean distance of two real items. */
  private readonly distance: number;
  private readonly noise: Key;
  private readonly count: number;

  constructor(data: Dataset, seed: Key) {
    const own = fold(seed, "sample looks");
    this.places = placesOf(data, own);
    this.count = samplesFor(data);
    this.distance = meanDistance(realItems(data, own, this.count).items);
    this.spread = this.distance / Math.sqrt(sizeOf(data.shape));
    this.noise = fold(own, "noise");
  }

  async look(trained: TrainedModel, step: number): Promise<SampleLook> {
    const made = await trained.sample(this.noise, this.count);
    const samples = reshaped(made, [this.count, made.data.length / this.count]);
    const { places } = this;
    const shares = places === null ? { nearest: [], near: [] } : sharesOf(samples, places);
    const fidelity = places === null ? null : fidelityOf(samples, places);
    return { step, diversity: [{ way: null, value: meanDistance(samples) / this.distance }], ...shares, fidelity };
  }
}

/** Mean Euclidean distance of items [n, ...] taken two by two; NaN of a single one. */
export function meanDistance(items: NdArray): number {
  const n = items.shape[0]!;
  const distances = pairDistances(reshaped(items, [n, items.data.length / n]));
  return distances.length === 0 ? Number.NaN : monteCarlo(distances).mean;
}

/** A look as numbers by name. */
export function logged({ diversity, nearest, near, fidelity }: SampleLook): Record<string, number> {
  return {
    ...(fidelity !== null && { [fidelityName]: fidelity }),
    ...Object.fromEntries(diversity.map(({ way, value }) => [diversityOf(way), value])),
    ...Object.fromEntries(nearest.map((share, place) => [`${nearestName}/${place}`, share])),
    ...Object.fromEntries(near.map((share, place) => [`${nearName}/${place}`, share])),
  };
}

function diversityOf(way: Direction | null): string {
  return way === null ? diversityName : `${diversityName}/${way}`;
}

/** The looks that were logged, oldest first. */
export function looksIn(series: ReadonlyMap<string, Series>): SampleLook[] {
  const followed = [null, ...directions].flatMap((way) => {
    const values = series.get(diversityOf(way));
    return values === undefined ? [] : [{ way, ...values }];
  });
  return (followed[0]?.steps ?? []).map((step, i) => ({
    step,
    diversity: followed.map(({ way, values }): Diversity => ({ way, value: values[i]! })),
    nearest: at(series, nearestName, i),
    near: at(series, nearName, i),
    fidelity: valueAt(series.get(fidelityName), step),
  }));
}

function valueAt(series: Series | undefined, step: number): number | null {
  return series?.values[series.steps.lastIndexOf(step)] ?? null;
}

/** The i-th values of NAME/0, NAME/1 and so on. */
function at(series: ReadonlyMap<string, Series>, name: string, i: number): number[] {
  const values: number[] = [];
  for (let place = 0; series.has(`${name}/${place}`); place++) values.push(series.get(`${name}/${place}`)!.values[i]!);
  return values;
}
