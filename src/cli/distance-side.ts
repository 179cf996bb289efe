import { OptionError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { toPoints } from "../numeric/points.ts";
import { type Key, fold } from "../base/random.ts";
import { range } from "../base/range.ts";
import { readExact, subsampleIndices } from "../data/index.ts";
import type { Side } from "../distances/index.ts";
import { type Device, isRun, openItems, readPointWeights } from "../node/index.ts";
import { chosen, supportOf } from "../transport/index.ts";
import { finiteItems } from "../trained/index.ts";
import { openRunModel } from "./open-run.ts";
import type { Parameters } from "./weights.ts";

/** Which items of one side are compared. */
export interface SideRequest {
  /** Data, or the folder of a run. */
  readonly spec: string;
  /** Maximum number of items. */
  readonly n: number;
  /** Seed of the subsample, and of a run's noise. */
  readonly key: Key;
  readonly size: number | undefined;
  /** File of the weights. */
  readonly weights: string | undefined;
  /** Which of a run's parameters generate the items. */
  readonly parameters: Parameters;
  readonly device: Device;
}

/** One side of a distance, and where its items came from. */
export interface OpenedSide extends Side {
  readonly spec: string;
  /** Number of available items; null for a run, which generates any number. */
  readonly of: number | null;
  /** Indices of the items that were used, ascending. */
  readonly indices: Int32Array;
}

/** @throws DataError, OptionError or ShapeError if the side does not exist, or its weights do not fit. */
export async function openSide(request: SideRequest): Promise<OpenedSide> {
  return (await isRun(request.spec)) ? drawSide(request) : chooseSide(request);
}

async function drawSide({ spec, n, key, weights, parameters, device }: SideRequest): Promise<OpenedSide> {
  if (weights !== undefined) {
    throw new OptionError(`weights apply to data - got ${weights} for the run ${spec}, which is sampled`);
  }
  const { trained, close } = await openRunModel(spec, device, parameters);
  try {
    const items: NdArray = finiteItems(await trained.sample(fold(key, "sample"), n), `samples of ${spec}`);
    return { spec, of: null, points: toPoints(items, spec), indices: range(0, n) };
  } finally {
    await close();
  }
}

async function chooseSide({ spec, n, key, size, weights: file }: SideRequest): Promise<OpenedSide> {
  const items = await openItems(spec, { size });
  const weights = file === undefined ? undefined : await weightsFor(file, items.size, spec);
  const indices = chosenOf(items.size, weights, n, fold(key, "items"));
  const points = toPoints(await readExact(items, indices), spec);
  return {
    spec,
    of: items.size,
    points,
    indices,
    ...(weights !== undefined && { weights: Float64Array.from(indices, (i) => weights[i]!) }),
  };
}

async function weightsFor(file: string, size: number, spec: string): Promise<Float64Array> {
  const weights = await readPointWeights(file);
  if (weights.length === size) return weights;
  throw new OptionError(`${file} must have one weight per item of ${spec}, ${size} - got ${weights.length}`);
}

/** Indices of at most n items, ascending: all of them, or a subsample by the key of those whose weight is above 0. */
function chosenOf(size: number, weights: Float64Array | undefined, n: number, key: Key): Int32Array {
  const all = range(0, size);
  if (size <= n) return all;
  const weighing = chosen(all, supportOf(weights));
  return Int32Array.from(subsampleIndices({ size: weighing.length }, n, key), (place) => weighing[place]!).sort();
}
