import { DataError } from "../base/errors.ts";
import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { sampleOptions, share } from "./sets.ts";

/**
 * Smallest fraction of held-out items that counts as close to the training items; ties at the threshold are included.
 */
const closestShare = 0.01;
/** Minimum number of items in each set for this fraction to be at least one item. */
export const minNearestItems = 1 / closestShare;

/**
 * Fraction of samples at least as close to a training item as the closest hundredth of the held-out items, in [0, 1]. A
 * model that learned the distribution has the same fraction as held-out items: 0.01, or more if more of them are tied
 * at the threshold (for example at 0, if they also occur among the training items). A model that reproduces its
 * training items has 1.
 *
 * Limitations: pixel distances do not recognise a copy that is shifted or recoloured. Blurred samples are close to many
 * items without being copies: the details contain the ratio of mean distances (below 1 for both) and the number of
 * exact copies.
 * @throws DataError for fewer items than `minNearestItems` in either set.
 * @source modelled on Meehan et al., arXiv 2004.05675 (data-copying), with a quantile in place of their rank test.
 */
export const memorisation = defineMetric<"nearest", typeof sampleOptions, SampleOptions>({
  name: "memorisation",
  summary: "fraction of samples nearly equal to a training item",
  source: "modelled on Meehan et al., arXiv 2004.05675",
  perfect: `heldOutShare: ${closestShare}, more if more of the held-out items are copies of training items; 1 for a model that copies its training items`,
  better: null,
  needs: "nearest",
  atEnd: true,
  options: sampleOptions,
  measure: ({ generated, heldOut }) => {
    if (Math.min(generated.length, heldOut.length) < minNearestItems) {
      throw new DataError(
        `memorisation: needs at least ${minNearestItems} items in either set - got ${generated.length} samples and ${heldOut.length} held-out items`,
      );
    }
    const threshold = heldOut.toSorted()[Math.ceil(closestShare * heldOut.length) - 1]!;
    const close = (distances: Float64Array) => distances.filter((distance) => distance <= threshold).length;
    const n = generated.length;
    const ofSamples = monteCarlo(generated).mean;
    const ofHeldOut = monteCarlo(heldOut).mean;
    return {
      metric: "memorisation",
      ...share(close(generated), n),
      n,
      unit: "share of samples",
      details: {
        threshold,
        heldOutShare: close(heldOut) / heldOut.length,
        distanceRatio: ofSamples / ofHeldOut,
        ofSamples,
        ofHeldOut,
        copies: copiesIn(generated),
        copiesHeldOut: copiesIn(heldOut),
      },
    };
  },
});

function copiesIn(distances: Float64Array): number {
  return distances.filter((distance) => distance === 0).length;
}
