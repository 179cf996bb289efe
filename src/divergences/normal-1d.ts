import { OptionError } from "../base/errors.ts";
import { integrate, normalIntervals } from "./quadrature.ts";

/** A one-dimensional normal distribution. */
export interface Normal1d {
  readonly mean: number;
  /** Standard deviation, above 0. */
  readonly deviation: number;
}

function requireNormal({ mean, deviation }: Normal1d, where: string): void {
  if (Number.isFinite(mean) && Number.isFinite(deviation) && deviation > 0) return;
  throw new OptionError(
    `${where}: a normal distribution must have a finite mean and a deviation above 0 - got ${mean} and ${deviation}`,
  );
}

const logRootTwoPi = 0.5 * Math.log(2 * Math.PI);

/** Log density at x, in nats. */
export function normalLogDensity({ mean, deviation }: Normal1d, x: number): number {
  return -0.5 * ((x - mean) / deviation) ** 2 - Math.log(deviation) - logRootTwoPi;
}

/** KL(p || q) in nats, in closed form: log(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2. */
export function normalKl1d(p: Normal1d, q: Normal1d): number {
  for (const side of [p, q]) requireNormal(side, "normalKl1d");
  const ratio = p.deviation / q.deviation;
  return -Math.log(ratio) + (ratio ** 2 + ((p.mean - q.mean) / q.deviation) ** 2 - 1) / 2;
}

/**
 * Jensen-Shannon divergence in nats, at most log 2, by quadrature (there is no closed form). The error is below 1e-12
 * if neither deviation exceeds a thousand times the other.
 */
export function normalJs1d(p: Normal1d, q: Normal1d): number {
  for (const side of [p, q]) requireNormal(side, "normalJs1d");
  const half = (own: Normal1d, other: Normal1d) => (x: number) => {
    const log = normalLogDensity(own, x);
    return Math.exp(log) * logOfShare(normalLogDensity(other, x) - log);
  };
  const ends = normalIntervals(p, q);
  return (integrate(half(p, q), ends) + integrate(half(q, p), ends)) / 2;
}

/**
 * Derivative of `normalJs1d` with respect to the mean of q, in nats per unit, by quadrature: half the integral of dq/dm
 * log(q / mixture).
 */
export function normalJs1dGradient(p: Normal1d, q: Normal1d): number {
  for (const side of [p, q]) requireNormal(side, "normalJs1dGradient");
  const slope = (x: number) => {
    const log = normalLogDensity(q, x);
    const score = (x - q.mean) / q.deviation ** 2;
    return score * Math.exp(log) * logOfShare(normalLogDensity(p, x) - log);
  };
  return integrate(slope, normalIntervals(p, q)) / 2;
}

/**
 * Log of a density divided by its equal mixture with another one, where `log` is the log ratio of the other to it:
 * log(2 / (1 + e^log)).
 */
function logOfShare(log: number): number {
  return Math.LN2 - (log > 0 ? log + Math.log1p(Math.exp(-log)) : Math.log1p(Math.exp(log)));
}

/**
 * Wasserstein-1 distance, E|m1 - m2 + (s1 - s2) z| for a standard normal z, because the optimal plan is monotone. For
 * equal deviations |m1 - m2|; otherwise by quadrature, split at the kink.
 */
export function normalW1d(p: Normal1d, q: Normal1d): number {
  for (const side of [p, q]) requireNormal(side, "normalW1d");
  const shift = p.mean - q.mean;
  const stretch = p.deviation - q.deviation;
  if (stretch === 0) return Math.abs(shift);
  const standard = { mean: 0, deviation: 1 };
  const bend = Math.max(-40, Math.min(40, -shift / stretch));
  const ends = Float64Array.from([...normalIntervals(standard), bend]).sort();
  return integrate((z) => Math.abs(shift + stretch * z) * Math.exp(normalLogDensity(standard, z)), ends);
}
