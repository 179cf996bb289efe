/** From here on, the asymptotic series is exact to the last bits of a double. */
const asymptoticFrom = 10;

/**
 * The derivative of log gamma, for x above 0.
 * @source Abramowitz, Stegun, "Handbook of mathematical functions", 6.3.5 and 6.3.18.
 */
export function digamma(x: number): number {
  let below = 0;
  for (; x < asymptoticFrom; x++) below += 1 / x;
  const square = 1 / (x * x);
  const series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square * (1 / 132)))));
  return Math.log(x) - 0.5 / x - series - below;
}
