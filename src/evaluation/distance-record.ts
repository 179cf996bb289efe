import type { Key } from "../base/random.ts";
import { sampleEmd } from "../base/scalar-names.ts";
import { toPoints } from "../numeric/points.ts";
import { type Dataset, readExact, somePlaces } from "../data/index.ts";
import { costMatrix, exactTransport } from "../transport/index.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Points of either side: the plan between so many takes some ten milliseconds. */
const points = 500;

/**
 * The exact Earth-Mover distance between samples of a model and test items, the same items and from the same noise each time: what a critic's
 * gap is an estimate of. Empty for images, between whose pixels it says little, and for data that are too few.
 */
export async function recordedDistance(
  trained: TrainedModel,
  data: Dataset,
  key: Key,
): Promise<Record<string, number>> {
  if (data.kind !== "points" || data.size < points || trained.model.generator === undefined) return {};
  const samples = await trained.sample(key, points);
  // A generator that has run away has no distance worth a number; its losses tell.
  if (!samples.data.every(Number.isFinite)) return {};
  const real = readExact(data, somePlaces(data, points));
  const { cost } = exactTransport(costMatrix(toPoints(samples, "samples"), toPoints(real, "test items")));
  return { [sampleEmd]: cost };
}
