import type { NdArray } from "../base/ndarray.ts";

/** Centres [k, d] of a mixture, and how far from the nearest a sample of high quality may be: so many deviations. */
export interface ModeCenters {
  readonly centers: NdArray;
  readonly deviation: number;
  readonly within: number;
}

export interface ModeCounts {
  /** Modes that are the nearest of at least one sample of high quality. */
  readonly captured: number;
  /** Share of samples of high quality. */
  readonly highQuality: number;
  /** KL in nats of the samples of high quality over modes from an even spread; NaN where there are none. */
  readonly reverseKl: number;
  /** Share of all samples that are of high quality and nearest to each mode. */
  readonly shares: readonly number[];
}

/** Where samples [n, d] lie. @source Srivastava et al., arXiv 1705.07761, section 4.1. */
export function modesOf(samples: NdArray, { centers, deviation, within }: ModeCenters): ModeCounts {
  const [k, d] = centers.shape as [number, number];
  const n = samples.shape[0]!;
  const counts = new Array<number>(k).fill(0);
  for (let i = 0; i < n; i++) {
    let [nearest, least] = [0, Infinity];
    for (let mode = 0; mode < k; mode++) {
      let squares = 0;
      for (let j = 0; j < d; j++) squares += (samples.data[i * d + j]! - centers.data[mode * d + j]!) ** 2;
      if (squares < least) [nearest, least] = [mode, squares];
    }
    if (Math.sqrt(least) <= within * deviation) counts[nearest]!++;
  }
  const good = counts.reduce((total, count) => total + count);
  const terms = counts.map((count) => (count === 0 ? 0 : (count / good) * Math.log((count / good) * k)));
  return {
    captured: counts.filter((count) => count > 0).length,
    highQuality: good / n,
    reverseKl: good === 0 ? Number.NaN : terms.reduce((total, term) => total + term),
    shares: counts.map((count) => count / n),
  };
}
