import type { Key } from "../base/random.ts";
import type { Dataset } from "../data/index.ts";
import type { TrainedModel } from "./trained.ts";

/** Samples that modes are counted on during training: as many as the papers take. */
export const modeSamples = 2500;

/** The name of the shares among the numbers of a run: `modes/share/3` is mode 3's. */
export const modeShares = "modes/share";

/** Where the samples of a model lie, by the modes that its data declare; empty where it cannot be said of samples alone. */
export async function recordedModes(
  trained: TrainedModel,
  { modes }: Dataset,
  key: Key,
): Promise<Record<string, number>> {
  if (modes?.kind !== "centers" || trained.model.generator === undefined) return {};
  const samples = await trained.sample(key, modeSamples);
  const { centers, deviation, within } = modes;
  const [k, d] = centers.shape as [number, number];
  const shares = new Array<number>(k).fill(0);
  for (let i = 0; i < modeSamples; i++) {
    let [nearest, least] = [0, Infinity];
    for (let m = 0; m < k; m++) {
      let squares = 0;
      for (let j = 0; j < d; j++) squares += (samples.data[i * d + j]! - centers.data[m * d + j]!) ** 2;
      if (squares < least) [nearest, least] = [m, squares];
    }
    if (Math.sqrt(least) <= within * deviation) shares[nearest]! += 1 / modeSamples;
  }
  return {
    "modes/captured": shares.filter((share) => share > 0).length,
    "modes/highQuality": shares.reduce((sum, share) => sum + share),
    ...Object.fromEntries(shares.map((share, mode) => [`${modeShares}/${mode}`, share])),
  };
}
