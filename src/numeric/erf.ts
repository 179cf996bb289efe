/**
 * The error function of a scalar, to float64 precision: its Taylor series up to |x| = 3, the continued fraction of the complement beyond.
 * @source Abramowitz, Stegun, Handbook of Mathematical Functions, 7.1.6 and 7.1.14.
 */
export function erfOf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 3) {
    let term = (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x);
    let total = term;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total) && n < 200; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      total += term;
    }
    return total;
  }
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (size + fraction)));
}
