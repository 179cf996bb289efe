import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";
import { nearestRows } from "../numeric/nearest.ts";

/**
 * Centres [k, d] of a mixture, its standard deviation, and the radius in standard deviations within which a sample is
 * of high quality.
 */
export interface ModeCenters {
  readonly centers: NdArray;
  readonly deviation: number;
  readonly within: number;
}

/** The mode of each of n samples. */
export interface ModeHits {
  /** Number of modes. */
  readonly count: number;
  /** Nearest mode of each sample, [n]. */
  readonly nearest: Int32Array;
  /** 1 for a high-quality sample (close enough to its mode), else 0: [n]. */
  readonly good: Uint8Array;
}

/** Modes covered by samples, and the share of high-quality samples. */
export interface ModeCounts {
  /** Modes with at least a tenth of the high-quality samples expected under a uniform distribution. */
  readonly covered: number;
  /** Standard error of `covered`. */
  readonly coveredStderr: number;
  /** Modes with at least one high-quality sample, as papers count: a single stray sample is enough. */
  readonly captured: number;
  /** Share of high-quality samples. */
  readonly highQuality: number;
  /** KL(samples || uniform) over modes in nats, for high-quality samples; NaN if there are none. */
  readonly reverseKl: number;
  /** Standard error of `captured`. */
  readonly capturedStderr: number;
  /** Share of all samples that are of high quality and nearest to each mode. */
  readonly shares: readonly number[];
}

/**
 * A mode is covered if its share of the samples is at least this fraction of 1 / modes. Low-quality samples count for
 * no mode.
 * @source modelled on Zhong et al., "Rethinking generative mode coverage: a pointwise guaranteed approach",
 * NeurIPS 2019, who require a fixed fraction of the data's probability at each item.
 */
const coverageThreshold = 0.1;

/**
 * Mode counts of samples [n, d]. @source Srivastava et al., arXiv 1705.07761, section 4.1, of `captured` and
 * `highQuality`.
 */
export function modesOf(samples: NdArray, modes: ModeCenters): ModeCounts {
  return countModes(nearestModes(samples, modes));
}

/** The nearest centre of each sample [n, d], and whether it is of high quality. */
export function nearestModes(samples: NdArray, { centers, deviation, within }: ModeCenters): ModeHits {
  const { row: nearest, distance } = nearestRows(samples, centers);
  const good = filled(new Uint8Array(distance.length), (i) => (distance[i]! <= within * deviation ? 1 : 0));
  return { count: centers.shape[0]!, nearest, good };
}

/** Probabilities of at least 1, 2, ... heads in five coin flips: binomial smoothing of an alternating series. */
const smoothingWeights = [31 / 32, 26 / 32, 16 / 32, 6 / 32, 1 / 32];

/** Minimum number of rarely reached modes with which the number of missed modes can be estimated. */
const minRareModes = 10;

/**
 * Standard error of the number of modes captured by n samples, given how often each was reached. If a mode is missed
 * with probability q, the variance is sum q (1 - q), which is the expected number of new modes in as many further
 * samples, minus n (sum p q)^2 for the fixed number of samples. Both are estimated from the numbers f_k of modes
 * reached k times: f_1 - f_2 + f_3 - ..., and f_1^2 / n. Plugging in the observed shares would ignore modes that no
 * sample reached. NaN if some modes are missed or rarely reached, but too few to estimate how often.
 * @source Efron and Thisted, "Estimating the number of unseen species", Biometrika 1976; Good, Biometrika 1953.
 */
function stderrOfReached(times: readonly number[], n: number): number {
  const reached = smoothingWeights.map((_, i) => times.filter((each) => each === i + 1).length);
  const rare = reached.reduce((sum, count) => sum + count);
  if (rare < minRareModes && (rare > 0 || times.includes(0))) return Number.NaN;
  const added = smoothingWeights.reduce((sum, weight, i) => sum + (i % 2 === 0 ? weight : -weight) * reached[i]!, 0);
  return Math.sqrt(Math.max(0, added - reached[0]! ** 2 / n));
}

/** Distance from the threshold, in standard deviations, beyond which the side of a mode is certain. */
const certainDeviations = 6;

/**
 * Standard error of the number of modes with at least `minSamples` samples: a share near the threshold may fall on
 * either side.
 */
function stderrOfCovered(counts: readonly number[], n: number, minSamples: number): number {
  const variance = counts.reduce((sum, count) => {
    const deviation = Math.sqrt(count * (1 - count / n));
    if (deviation === 0) return sum;
    const away = (count - minSamples + 0.5) / deviation;
    if (Math.abs(away) > certainDeviations) return sum;
    const chance = normalBelow(away);
    return sum + chance * (1 - chance);
  }, 0);
  return Math.sqrt(variance);
}

/** Standard normal CDF. @source Abramowitz, Stegun, 26.2.17, accurate to 1e-7. */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z >= 0 ? 1 - above : above;
}

/** Counts modes and high-quality samples. */
export function countModes({ count, nearest, good }: ModeHits): ModeCounts {
  const counts = new Array<number>(count).fill(0);
  nearest.forEach((mode, i) => (counts[mode]! += good[i]!));
  const high = counts.reduce((total, each) => total + each);
  const terms = counts.map((each) => (each === 0 ? 0 : (each / high) * Math.log((each / high) * count)));
  const capturedStderr = stderrOfReached(counts, nearest.length);
  const minSamples = Math.max(1, Math.ceil((coverageThreshold * nearest.length) / count));
  return {
    covered: counts.filter((each) => each >= minSamples).length,
    // If a single sample covers a mode, the modes that no sample reached matter too.
    coveredStderr: minSamples === 1 ? capturedStderr : stderrOfCovered(counts, nearest.length, minSamples),
    captured: counts.filter((each) => each > 0).length,
    capturedStderr,
    highQuality: high / nearest.length,
    reverseKl: high === 0 ? Number.NaN : terms.reduce((total, term) => total + term),
    shares: counts.map((each) => each / nearest.length),
  };
}
