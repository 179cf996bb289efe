import { addValues, emptyMean, varianceOf } from "../estimators/index.ts";
import type { BallCounts, Neighbours } from "./neighbours.ts";
import { share } from "./sets.ts";

/** Half the width of a 95 % interval in standard errors that are themselves told by 20 groups. */
const t95Of20Groups = 2.093;

interface Estimate {
  readonly value: number;
  readonly stderr: number;
  readonly interval: readonly [low: number, high: number];
}

/**
 * A number read off the counts, with the standard error of the jackknife: how far it moves when a group of either set is
 * away. It errs on the large side, here by up to a factor of two, or three for shares near 1. Counting items while the balls stay as they are would err
 * on the small side, by up to a half, as balls are made of items too.
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

/** The share of counts that are above 0; its error is at least that of a share of so many items. */
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
