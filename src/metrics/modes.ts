import { defineMetric } from "./metric.ts";
import { wide } from "./interval.ts";
import { countModes } from "./mode-counts.ts";
import { sampleOptions, share } from "./sets.ts";

/**
 * Modes of the data that the model draws: those that are nearest to at least one sample of high quality. Beside it the share
 * of samples of high quality, and the divergence of their distribution over modes from the uniform one, KL(samples ||
 * uniform) in nats, where a mode without samples adds 0.
 *
 * Known to be odd: one stray sample captures a mode, so that a model which draws noise can capture many; of stacked digits,
 * where a classifier names the mode of anything, `modesOfNoise` says how many noise itself reaches. The divergence of a
 * perfect model is about (modes - 1) / 2n for n samples, not 0: 0.0192 nats for 1000 modes and 26,000 samples. The standard
 * error says how other samples of the same model would count its modes; it is not known where few modes are missed.
 * @source Srivastava et al., arXiv 1705.07761, section 4; Lin et al., arXiv 1712.04086, section 4.
 */
export const modes = defineMetric({
  name: "modes",
  summary: "modes of the data that samples cover, and how evenly",
  source: "Srivastava et al., arXiv 1705.07761, section 4",
  perfect:
    "all of them; 98.89 % of high quality for points in a plane within 3 deviations; divergence about (modes - 1) / 2n nats, 0.0192 for 1000 modes and 26,000 samples",
  better: "higher",
  needs: "modes",
  options: sampleOptions,
  measure: ({ noise, ...hits }) => {
    const n = hits.nearest.length;
    const { captured, capturedStderr: stderr, highQuality, reverseKl, shares } = countModes(hits);
    return {
      metric: "modes",
      value: captured,
      stderr,
      interval: [Math.max(0, captured - wide * stderr), Math.min(hits.count, captured + wide * stderr)],
      n,
      unit: `of ${hits.count} modes`,
      details: {
        highQuality,
        highQualityStderr: share(highQuality * n, n).stderr,
        reverseKl,
        reverseKlOfPerfect: (hits.count - 1) / (2 * n),
        ...(noise !== null && { modesOfNoise: new Set(noise).size }),
        sharePerMode: shares,
      },
    };
  },
});
