import { OptionError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { selectPoints, toPoints } from "../base/points.ts";
import { type Key, fold } from "../base/random.ts";
import { range } from "../base/range.ts";
import { somePlaces } from "../data/index.ts";
import type { Side } from "../distances/index.ts";
import { type Device, isRun, openItems, readPointWeights } from "../node/index.ts";
import type { Weights } from "../train/index.ts";
import { openRunModel } from "./open-run.ts";

/** Which items of one side are compared. */
export interface SideRequest {
  /** Data, or the folder of a run. */
  readonly spec: string;
  /** Items at most. */
  readonly n: number;
  /** Of the choice among more items, and of a run's noise. */
  readonly key: Key;
  readonly size: number | undefined;
  /** File of the weights. */
  readonly weights: string | undefined;
  /** Which of a run's parameters draw. */
  readonly parameters: Weights;
  readonly device: Device;
}

/** One side of a distance, and where its items came from. */
export interface OpenedSide extends Side {
  readonly spec: string;
  /** Items that there are; null for a run, which gives as many as are asked for. */
  readonly of: number | null;
  /** Which of them were taken, in rising order. */
  readonly indices: Int32Array;
}

/** @throws DataError, OptionError or ShapeError when there is no such side, or its weights do not fit it. */
export async function openSide(request: SideRequest): Promise<OpenedSide> {
  return (await isRun(request.spec)) ? drawSide(request) : chooseSide(request);
}

async function drawSide({ spec, n, key, weights, parameters, device }: SideRequest): Promise<OpenedSide> {
  if (weights !== undefined) {
    throw new OptionError(`distance: weights are for data - got ${weights} for the run ${spec}, whose items are drawn`);
  }
  const { trained, close } = await openRunModel(spec, device, parameters);
  try {
    const items: NdArray = await trained.sample(fold(key, "sample"), n);
    return { spec, of: null, points: toPoints(items, spec), indices: range(0, n) };
  } finally {
    await close();
  }
}

async function chooseSide({ spec, n, key, size, weights: file }: SideRequest): Promise<OpenedSide> {
  const items = await openItems(spec, { size });
  const indices = items.size <= n ? range(0, items.size) : somePlaces(items, n, fold(key, "items")).sort();
  const points = toPoints(items.readDouble?.(indices) ?? items.read(indices), spec);
  if (file === undefined) return { spec, of: items.size, points, indices };
  const all = await readPointWeights(file);
  if (all.length !== items.size) {
    throw new OptionError(`distance: ${file} must have a weight an item of ${spec}, ${items.size} - got ${all.length}`);
  }
  const weights = selectPoints(toPoints({ dtype: "float64", shape: [all.length, 1], data: all }, file), indices).data;
  return { spec, of: items.size, points, indices, weights };
}
