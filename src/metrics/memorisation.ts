import { DataError } from "../base/errors.ts";
import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { sampleOptions, share } from "./sets.ts";

/** The share of held-out items that count as close to the training items, at least: as many more as are no farther. */
const closestShare = 0.01;
/** Items of either set from which on that share is one item. */
export const minNearestItems = 1 / closestShare;

/**
 * The share of samples that lie as close to a training item as the closest hundredth of the held-out items do, or closer. A
 * model that learned the distribution has the same share of held-out items: that hundredth, or more where more of them are
 * at the threshold, as where they occur among the training items and it is 0. One that gives its training items back has 1.
 *
 * Known to be odd: distances in pixels do not see a copy that is shifted or recoloured. Blurred samples lie close to many
 * items without being copies: the ratio of mean distances, below 1 for both, stands beside the share, and exact copies are
 * counted.
 * @source In the manner of Meehan et al., arXiv 2004.05675 (data-copying), with a quantile in place of their rank test.
 */
export const memorisation = defineMetric<"nearest", typeof sampleOptions, SampleOptions>({
  name: "memorisation",
  summary: "fraction of samples nearly equal to a training item",
  source: "in the manner of Meehan et al., arXiv 2004.05675",
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
