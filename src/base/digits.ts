/** A number rounded to so many significant digits. */
export function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

/** A number with three significant digits: `0.031`. @param others Numbers beside which it is read: where it differs from one, it has the digits that show it. */
export function threeDigits(value: number, ...others: readonly number[]): string {
  const looksLike = (digits: number): boolean =>
    others.some((other) => other !== value && significant(other, digits) === significant(value, digits));
  let digits = 3;
  // Beyond, numbers differ by rounding of their computation.
  while (digits < 8 && looksLike(digits)) digits++;
  return String(significant(value, digits));
}
