/** A number rounded to this many significant digits. */
export function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

/**
 * A number with three significant digits: `0.031`. @param others Numbers next to which it is read: it gets as many
 * digits as it takes to differ from those that it differs from.
 */
export function threeDigits(value: number, ...others: readonly number[]): string {
  const looksLike = (digits: number): boolean =>
    others.some((other) => other !== value && significant(other, digits) === significant(value, digits));
  let digits = 3;
  // Beyond, numbers differ by rounding of their computation.
  while (digits < 8 && looksLike(digits)) digits++;
  return String(significant(value, digits));
}
