/** A number with three significant digits: `0.031`. */
export function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
