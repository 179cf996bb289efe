import { significant } from "../base/digits.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { z95 } from "./interval.ts";
import { countModes } from "./mode-counts.ts";
import { sampleOptions, share } from "./sets.ts";

/**
 * Number of modes of the data that the model covers: those with at least a tenth of the high-quality samples expected
 * under a uniform distribution. Details: the fraction of high-quality samples, without which the count is hard to interpret;
 * `captured`, the modes with at least one high-quality sample, as papers count; and KL(samples || uniform) over modes
 * in nats, where a mode without samples adds 0.
 *
 * Limitations: one stray sample captures a mode, so noise can capture many; for stacked digits, where a classifier
 * assigns every image to a mode, `modesOfNoise` is the number of modes that noise captures. The divergence of a perfect model
 * is about (modes - 1) / 2n for n samples rather than 0: 0.0192 nats for 1000 modes and 26,000 samples. Standard errors
 * describe new samples of the same model; that of `captured` is unknown if few modes are missed.
 * @source Srivastava et al., arXiv 1705.07761, section 4; Lin et al., arXiv 1712.04086, section 4.
 */
export const modes = defineMetric<"modes", typeof sampleOptions, SampleOptions>({
  name: "modes",
  summary: "covered modes, and fraction of high-quality samples",
  source: "Srivastava et al., arXiv 1705.07761, section 4",
  perfect:
    "all modes; 98.89 % high-quality for 2-D points within 3 standard deviations; KL divergence about (modes - 1) / 2n nats, 0.0192 for 1000 modes and 26,000 samples",
  better: "higher",
  needs: "modes",
  atEnd: true,
  options: sampleOptions,
  measure: ({ noise, ...hits }) => {
    const n = hits.nearest.length;
    const { covered, coveredStderr, captured, capturedStderr, highQuality, reverseKl, shares } = countModes(hits);
    return {
      metric: "modes",
      value: covered,
      stderr: coveredStderr,
      interval: [Math.max(0, covered - z95 * coveredStderr), Math.min(hits.count, covered + z95 * coveredStderr)],
      n,
      unit: `of ${hits.count} modes`,
      beside: `${significant(100 * highQuality, 3)} % of samples near a mode`,
      details: {
        highQuality,
        highQualityStderr: share(highQuality * n, n).stderr,
        captured,
        ...(Number.isFinite(capturedStderr) && { capturedStderr }),
        // Without a high-quality sample there is no distribution over modes.
        ...(highQuality > 0 && { reverseKl }),
        reverseKlOfPerfect: (hits.count - 1) / (2 * n),
        ...(noise !== null && { modesOfNoise: new Set(noise).size }),
        sharePerMode: shares,
      },
    };
  },
});
