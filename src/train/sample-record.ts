import { type Key, fold } from "../base/random.ts";
import type { DataSplit } from "../data/index.ts";
import type { RunHistory } from "../diagnosis/run-history.ts";
import { recordedDistance } from "../evaluation/distance-record.ts";
import { recordedModes } from "../evaluation/mode-record.ts";
import { recordedOverfit } from "../evaluation/overfit-record.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Everything measured on a model's samples after a step, as scalars to log; the noise is the same each time. */
export async function recordedSamples(
  trained: TrainedModel,
  data: DataSplit,
  history: RunHistory,
  step: number,
  seed: Key,
): Promise<Record<string, number>> {
  const points = await recordedPoints(trained, data, seed);
  const snapshot = step === 0 ? {} : await history.snapshotScalars(trained, step);
  const overfit = await recordedOverfit(trained, data, fold(seed, "overfit"));
  return { ...points, ...snapshot, ...overfit };
}

/** Modes and distance of samples from data of points; empty for images. */
export async function recordedPoints(
  trained: TrainedModel,
  { test }: DataSplit,
  seed: Key,
): Promise<Record<string, number>> {
  const modes = await recordedModes(trained, test, fold(seed, "modes"));
  return { ...modes, ...(await recordedDistance(trained, test, fold(seed, "distance"))) };
}
