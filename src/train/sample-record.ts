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
  const modes = await recordedModes(trained, data.test, fold(seed, "modes"));
  const distance = await recordedDistance(trained, data.test, fold(seed, "distance"));
  const snapshot = step === 0 ? {} : await history.snapshotScalars(trained, step);
  const overfit = await recordedOverfit(trained, data, fold(seed, "overfit"));
  return { ...modes, ...distance, ...snapshot, ...overfit };
}
