/** Rounds a number to significant digits. */
export function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

/**
 * Formats a number with three significant digits (`0.0312`), or as many more as distinguish it from `others`.
 * @param others Numbers shown next to it.
 */
export function threeDigits(value: number, ...others: readonly number[]): string {
  const looksLike = (digits: number): boolean =>
    others.some((other) => other !== value && significant(other, digits) === significant(value, digits));
  let digits = 3;
  // Further digits would only show rounding errors.
  while (digits < 8 && looksLike(digits)) digits++;
  return String(significant(value, digits));
}
