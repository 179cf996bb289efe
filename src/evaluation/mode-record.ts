import type { Key } from "../base/random.ts";
import { modeCounts, modeShare } from "../base/scalar-names.ts";
import type { Dataset } from "../data/index.ts";
import { modesOf } from "../metrics/index.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Samples for mode counts during training: as many as in the papers. */
export const modeSamples = 2500;

/** Mode counts of samples, for data that declare their modes; empty if samples alone do not determine them. */
export async function recordedModes(
  trained: TrainedModel,
  { modes }: Dataset,
  key: Key,
): Promise<Record<string, number>> {
  if (modes?.kind !== "centers" || trained.model.generator === undefined) return {};
  const { covered, captured, highQuality, shares } = modesOf(await trained.sample(key, modeSamples), modes);
  return {
    [modeCounts.covered]: covered,
    [modeCounts.captured]: captured,
    [modeCounts.highQuality]: highQuality,
    ...Object.fromEntries(shares.map((share, mode) => [modeShare.name({ mode }), share])),
  };
}
