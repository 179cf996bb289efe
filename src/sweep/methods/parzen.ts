import { type Key, fold, normal, uniform } from "../../base/random.ts";
import { erfOf } from "../../numeric/erf.ts";

/** A density on [0, 1]: a normal prior and a normal around each observation, all truncated, with equal weights. */
export interface ParzenEstimator {
  logDensity(x: number): number;
  draw(key: Key): number;
}

/** The prior, which is nearly flat on [0, 1]. */
const prior = { at: 0.5, width: 1 };

/**
 * The adaptive Parzen estimator: each width is the larger distance to a neighbouring point (the prior's mean is one of the
 * points), but at least 1 / min(100, n + 1).
 * @param observed In [0, 1].
 * @source Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011, section 4.2; the minimum width as in Hyperopt.
 */
export function parzen(observed: readonly number[]): ParzenEstimator {
  const sorted = [...observed, prior.at].toSorted((a, b) => a - b);
  const least = 1 / Math.min(100, sorted.length);
  const own = sorted.indexOf(prior.at);
  const kernels = sorted.flatMap((at, i) => {
    const [left, right] = [at - (sorted[i - 1] ?? at), (sorted[i + 1] ?? at) - at];
    return i === own ? [] : [{ at, width: Math.min(1, Math.max(left, right, least)) }];
  });
  const components = [prior, ...kernels].map(({ at, width }) => ({ at, width, mass: mass(at, width) }));
  return {
    logDensity: (x) => {
      const total = components.reduce((sum, { at, width, mass: inside }) => {
        return sum + Math.exp(-0.5 * ((x - at) / width) ** 2) / (width * inside);
      }, 0);
      return Math.log(total / components.length);
    },
    draw: (key) => {
      const choice = uniform(fold(key, "component"), [1]).data[0]!;
      const { at, width } = components[Math.floor(choice * components.length)]!;
      // No width exceeds that of the prior, of which 38 % lies inside, so a thousand misses do not occur.
      const draws = normal(fold(key, "value"), [1000]).data;
      const inside = draws.find((z) => at + width * z >= 0 && at + width * z <= 1) ?? 0;
      return Math.min(1, Math.max(0, at + width * inside));
    },
  };
}

/** Integral of a normal density over [0, 1]. */
function mass(at: number, width: number): number {
  const upTo = (x: number): number => 0.5 * (1 + erfOf((x - at) / (width * Math.SQRT2)));
  return upTo(1) - upTo(0);
}

/** Probabilities of choices, proportional to one plus the number of observations of each. */
export function choiceShares(count: number, observed: readonly number[]): number[] {
  const counts = Array.from({ length: count }, () => 1);
  for (const choice of observed) counts[choice]!++;
  return counts.map((one) => one / (observed.length + count));
}
