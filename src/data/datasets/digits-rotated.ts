import { unchangedDigit, digitPairs, side } from "./digit-pairs.ts";

/** A digit (A), and the same digit rotated by 90 degrees counter-clockwise (B). */
export const digitsRotated = digitPairs({
  name: "digits-rotated",
  description: "digits, and the same digits rotated by 90°",
  channels: 1,
  a: unchangedDigit,
  b: (digit) => digit.map((_, at) => digit[(at % side) * side + (side - 1 - Math.floor(at / side))]!),
});
