/** A number rounded to so many significant digits. */
export function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

/** A number with three significant digits: `0.031`. */
export function threeDigits(value: number): string {
  return String(significant(value, 3));
}
