import { significant } from "../base/digits.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { z95 } from "./interval.ts";
import { countModes } from "./mode-counts.ts";
import { sampleOptions, share } from "./sets.ts";

/**
 * Modes of the data that the model covers: those where samples of high quality lie in a tenth of their due or more. Beside it
 * the share of samples of high quality, without which the count says little; the modes that papers count, `captured`, those
 * nearest to at least one such sample; and the divergence of their distribution over modes from the uniform one, KL(samples
 * || uniform) in nats, where a mode without samples adds 0.
 *
 * Known to be odd: one stray sample captures a mode, so that a model which draws noise can capture many; of stacked digits,
 * where a classifier names the mode of anything, `modesOfNoise` says how many noise itself captures. The divergence of a
 * perfect model is about (modes - 1) / 2n for n samples, not 0: 0.0192 nats for 1000 modes and 26,000 samples. Standard
 * errors say how other samples of the same model would be counted; that of `captured` is not known where few modes are missed.
 * @source Srivastava et al., arXiv 1705.07761, section 4; Lin et al., arXiv 1712.04086, section 4; a mode's share: `coveredFrom`.
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
        // Where no sample is near a mode there is no distribution over modes.
        ...(highQuality > 0 && { reverseKl }),
        reverseKlOfPerfect: (hits.count - 1) / (2 * n),
        ...(noise !== null && { modesOfNoise: new Set(noise).size }),
        sharePerMode: shares,
      },
    };
  },
});
