import { DataError } from "../base/errors.ts";
import { monteCarlo } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";
import { sampleOptions, share } from "./sets.ts";

/** The share of held-out items that count as close to the training items. */
const closest = 0.01;

/**
 * The share of samples that lie closer to a training item than all but a hundredth of the held-out items do. A model that
 * learned the distribution has that hundredth; one that gives its training items back has 1.
 *
 * Known to be odd: distances in pixels do not see a copy that is shifted or recoloured. Blurred samples lie close to many
 * items without being copies: the ratio of mean distances, below 1 for both, stands beside the share, and exact copies are
 * counted.
 * @source In the manner of Meehan et al., arXiv 2004.05675 (data-copying), with a quantile in place of their rank test.
 */
export const memorisation = defineMetric({
  name: "memorisation",
  summary: "share of samples as close to a training item as the closest hundredth of held-out items",
  source: "in the manner of Meehan et al., arXiv 2004.05675",
  perfect: `${closest}; 1 where training items are given back`,
  needs: "nearest",
  options: sampleOptions,
  measure: ({ generated, heldOut }) => {
    if (Math.min(generated.length, heldOut.length) < 1 / closest) {
      throw new DataError(
        `memorisation: needs at least ${1 / closest} items of either set - got ${generated.length} drawn and ${heldOut.length} held out`,
      );
    }
    const threshold = heldOut.toSorted()[Math.floor(closest * heldOut.length)]!;
    const n = generated.length;
    const ofSamples = monteCarlo(generated).mean;
    const ofHeldOut = monteCarlo(heldOut).mean;
    return {
      metric: "memorisation",
      ...share(generated.filter((distance) => distance < threshold).length, n),
      n,
      unit: "share of samples",
      details: {
        threshold,
        distanceRatio: ofSamples / ofHeldOut,
        ofSamples,
        ofHeldOut,
        copies: generated.filter((distance) => distance === 0).length,
      },
    };
  },
});
