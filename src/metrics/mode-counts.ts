import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";
import { nearestRows } from "../numeric/nearest.ts";

/** Centres [k, d] of a mixture, and how far from the nearest a sample of high quality may be: so many deviations. */
export interface ModeCenters {
  readonly centers: NdArray;
  readonly deviation: number;
  readonly within: number;
}

/** Which mode each of n samples belongs to. */
export interface ModeHits {
  /** How many modes there are. */
  readonly count: number;
  /** The nearest mode of each sample, [n]. */
  readonly nearest: Int32Array;
  /** 1 for a sample of high quality, near enough to be of its mode, else 0: [n]. */
  readonly good: Uint8Array;
}

/** Modes covered by samples, and the samples' share near a mode. */
export interface ModeCounts {
  /** Modes at which samples of high quality lie in no fewer than a tenth of the number that is due to them. */
  readonly covered: number;
  /** Standard error of `covered`. */
  readonly coveredStderr: number;
  /** Modes that are the nearest of at least one sample of high quality: as papers count, where one stray sample is enough. */
  readonly captured: number;
  /** Share of samples of high quality. */
  readonly highQuality: number;
  /** KL in nats of the samples of high quality over modes from an even spread; NaN where there are none. */
  readonly reverseKl: number;
  /** Standard error of `captured`. */
  readonly capturedStderr: number;
  /** Share of all samples that are of high quality and nearest to each mode. */
  readonly shares: readonly number[];
}

/**
 * Of its due, one in as many as there are modes, the part from which a mode is covered: of so many samples of a model that
 * covers it, a tenth of those of a perfect one lie there. Samples of low quality count for none.
 * @source In the manner of Zhong et al., "Rethinking generative mode coverage: a pointwise guaranteed approach", NeurIPS 2019,
 * who ask for a fixed part of the data's own probability at each item.
 */
const coverageThreshold = 0.1;

/** Where samples [n, d] lie. @source Srivastava et al., arXiv 1705.07761, section 4.1, of `captured` and `highQuality`. */
export function modesOf(samples: NdArray, modes: ModeCenters): ModeCounts {
  return countModes(nearestModes(samples, modes));
}

/** The nearest centre of each of samples [n, d], and whether it is near. */
export function nearestModes(samples: NdArray, { centers, deviation, within }: ModeCenters): ModeHits {
  const { row: nearest, distance } = nearestRows(samples, centers);
  const good = filled(new Uint8Array(distance.length), (i) => (distance[i]! <= within * deviation ? 1 : 0));
  return { count: centers.shape[0]!, nearest, good };
}

/** Chances that five coins show 1, 2, ... heads or more: they calm a sum of changing signs. */
const smoothingWeights = [31 / 32, 26 / 32, 16 / 32, 6 / 32, 1 / 32];

/** Modes that few samples reached, from which on their number tells how many are missed. */
const minRareModes = 10;

/**
 * The standard error of a count of modes that were reached `times` each by n samples. Where a mode is missed with chance q,
 * the variance is sum q (1 - q), which is how many modes as many samples again would add, less what the samples in one mode
 * are missing in others, n (sum p q)^2. Both follow from how many modes f_k were reached k times: f_1 - f_2 + f_3 - ..., and
 * f_1^2 / n. Shares put in place of the p would leave out the modes that no sample reached. NaN where modes are missed, or
 * nearly, and too few to say how often that would happen.
 * @source Efron and Thisted, "Estimating the number of unseen species", Biometrika 1976; Good, Biometrika 1953.
 */
function stderrOfReached(times: readonly number[], n: number): number {
  const reached = smoothingWeights.map((_, i) => times.filter((each) => each === i + 1).length);
  const rare = reached.reduce((sum, count) => sum + count);
  if (rare < minRareModes && (rare > 0 || times.includes(0))) return Number.NaN;
  const added = smoothingWeights.reduce((sum, weight, i) => sum + (i % 2 === 0 ? weight : -weight) * reached[i]!, 0);
  return Math.sqrt(Math.max(0, added - reached[0]! ** 2 / n));
}

/** Deviations from the threshold beyond which the side of a mode is certain. */
const certainDeviations = 6;

/** The standard error of a count of modes with so many samples or more: each of the shares may fall on the other side. */
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

/** Chance that a standard normal number is below. @source Abramowitz, Stegun, 26.2.17: to 1e-7. */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z >= 0 ? 1 - above : above;
}

/** How samples are spread over the modes. */
export function countModes({ count, nearest, good }: ModeHits): ModeCounts {
  const counts = new Array<number>(count).fill(0);
  nearest.forEach((mode, i) => (counts[mode]! += good[i]!));
  const high = counts.reduce((total, each) => total + each);
  const terms = counts.map((each) => (each === 0 ? 0 : (each / high) * Math.log((each / high) * count)));
  const capturedStderr = stderrOfReached(counts, nearest.length);
  const minSamples = Math.max(1, Math.ceil((coverageThreshold * nearest.length) / count));
  return {
    covered: counts.filter((each) => each >= minSamples).length,
    // Where a single sample is a tenth of what is due, the modes that none reached count.
    coveredStderr: minSamples === 1 ? capturedStderr : stderrOfCovered(counts, nearest.length, minSamples),
    captured: counts.filter((each) => each > 0).length,
    capturedStderr,
    highQuality: high / nearest.length,
    reverseKl: high === 0 ? Number.NaN : terms.reduce((total, term) => total + term),
    shares: counts.map((each) => each / nearest.length),
  };
}
