import type { Key } from "../base/random.ts";
import { sampleEmd } from "../base/scalar-names.ts";
import { toPoints } from "../numeric/points.ts";
import { type Dataset, readExact, subsampleIndices } from "../data/index.ts";
import { costMatrix, exactTransport } from "../transport/index.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Points of either side; an exact plan of this size takes some ten milliseconds. */
export const distancePoints = 500;

/**
 * Exact earth mover's distance between samples and test items during training, always with the same items and noise:
 * the quantity that a critic's loss estimates. Empty for images, where it says little about quality, and for too few
 * data.
 */
export async function recordedDistance(
  trained: TrainedModel,
  data: Dataset,
  key: Key,
): Promise<Record<string, number>> {
  if (data.kind !== "points" || data.size < distancePoints || trained.model.generator === undefined) return {};
  const samples = await trained.sample(key, distancePoints);
  // Samples of a diverged generator have no meaningful distance; the losses show the failure.
  if (!samples.data.every(Number.isFinite)) return {};
  const real = await readExact(data, subsampleIndices(data, distancePoints));
  const { cost } = exactTransport(costMatrix(toPoints(samples, "samples"), toPoints(real, "test items")));
  return { [sampleEmd]: cost };
}
