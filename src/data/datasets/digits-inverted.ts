import { unchangedDigit, digitPairs } from "./digit-pairs.ts";

/** A digit, white on black (A), and inverted, black on white (B): b = 1 - a. */
export const digitsInverted = digitPairs({
  name: "digits-inverted",
  description: "digits, and inverted",
  channels: 1,
  a: unchangedDigit,
  b: (digit) => digit.map((value) => 1 - value),
});
