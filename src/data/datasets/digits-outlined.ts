import { unchangedDigit, digitPairs, side } from "./digit-pairs.ts";

/**
 * A digit (A) and its outline (B), the external morphological gradient: the maximum of the 3 x 3 neighbourhood minus
 * the pixel. A stroke leaves a bright line of one pixel around itself and is dark inside, however thin it is; the
 * two-sided gradient would fill the thin strokes of these digits.
 * @source Rivest, Soille, Beucher, "Morphological gradients", Journal of Electronic Imaging 2(4), 1993.
 */
export const digitsOutlined = digitPairs({
  name: "digits-outlined",
  description: "digits and their outlines",
  channels: 1,
  a: unchangedDigit,
  b: (digit) => digit.map((value, at) => greatestAround(digit, at) - value),
});

function greatestAround(image: Float32Array, at: number): number {
  const [row, column] = [Math.floor(at / side), at % side];
  let greatest = 0;
  for (let y = Math.max(0, row - 1); y <= Math.min(side - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(side - 1, column + 1); x++) {
      greatest = Math.max(greatest, image[y * side + x]!);
    }
  }
  return greatest;
}
