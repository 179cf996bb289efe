import { filled } from "../../base/filled.ts";
import { type Draw, digitPairs } from "./digit-pairs.ts";

/** Red, green and blue by class: full saturation, hues 36 degrees apart, starting at red. */
const colours: readonly (readonly [number, number, number])[] = [
  [1, 0, 0],
  [1, 0.6, 0],
  [0.8, 1, 0],
  [0.2, 1, 0],
  [0, 1, 0.4],
  [0, 1, 1],
  [0, 0.4, 1],
  [0.2, 0, 1],
  [0.8, 0, 1],
  [1, 0, 0.6],
];

/**
 * A digit in grey (A) and in the colour of its class (B), both with three channels. The class is visible in the grey
 * image, so the colour can be learned; the grey image is the maximum over the coloured one's channels, so the opposite
 * direction is exact.
 */
export const digitsColoured = digitPairs({
  name: "digits-coloured",
  description: "digits in grey and in a colour per class",
  channels: 3,
  a: inColour(() => [1, 1, 1]),
  b: inColour((label) => colours[label]!),
});

function inColour(colourOf: (label: number) => readonly [number, number, number]): Draw {
  return (digit, label) => {
    const colour = colourOf(label);
    return filled(new Float32Array(3 * digit.length), (i) => digit[Math.floor(i / 3)]! * colour[i % 3]!);
  };
}
