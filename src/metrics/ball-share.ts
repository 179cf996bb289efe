import { addValues, emptyMean, varianceOf } from "../estimators/index.ts";
import type { BallCounts, Neighbours } from "./neighbours.ts";
import { share } from "./sets.ts";

/** Half the width of a 95 % interval, in standard errors estimated from 20 groups. */
const t95Of20Groups = 2.093;

interface Estimate {
  readonly value: number;
  readonly stderr: number;
  readonly interval: readonly [low: number, high: number];
}

/**
 * A statistic of the counts with its jackknife standard error: how much it changes when a group of either set is left
 * out. The error tends to be too large, by up to a factor of two here, or three for shares near 1. Resampling items
 * with fixed balls would give an error that is too small, by up to a half, because the balls depend on the items too.
 * @source Efron, Stein, "The jackknife estimate of variance", Annals of Statistics 1981, theorem 1; by groups.
 */
export function jackknifed(neighbours: Neighbours, statistic: (counts: BallCounts) => number): Estimate {
  const value = statistic(neighbours);
  const variance = [neighbours.without.real, neighbours.without.drawn].reduce((sum, sets) => {
    const moved = addValues(emptyMean, sets.map(statistic));
    return sum + (varianceOf(moved) * (sets.length - 1) ** 2) / sets.length;
  }, 0);
  const stderr = Math.sqrt(variance);
  return { value, stderr, interval: [value - t95Of20Groups * stderr, value + t95Of20Groups * stderr] };
}

/** The share of counts above 0. Its standard error is at least that of a binomial share of as many items. */
export function shareAboveZero(neighbours: Neighbours, of: keyof BallCounts): Estimate & { readonly n: number } {
  const hits = (counts: BallCounts) => counts[of].filter((count) => count > 0).length;
  const n = neighbours[of].length;
  const plain = share(hits(neighbours), n);
  const moved = jackknifed(neighbours, (counts) => hits(counts) / counts[of].length);
  const [low, high] = [Math.min(plain.interval[0], moved.interval[0]), Math.max(plain.interval[1], moved.interval[1])];
  return {
    n,
    value: plain.value,
    stderr: Math.max(plain.stderr, moved.stderr),
    interval: [Math.max(0, low), Math.min(1, high)],
  };
}
