import { type Tensor, staticDim } from "../graph/tensor.ts";
import { padAxis, slice } from "../ops/index.ts";
import { identity } from "./symmetries.ts";
import type { Transform, TransformSet } from "./transform.ts";

/** Shift in pixels for a side of this many pixels: an eighth, rounded. */
export function shiftOf(side: number): number {
  return Math.round(side / 8);
}

/** Shifts images along an axis, towards its end or its start. */
function moved(name: string, axis: 1 | 2, onwards: boolean): Transform {
  const images = (x: Tensor): Tensor => {
    const side = staticDim(x, axis, "translation");
    const shift = shiftOf(side);
    return onwards
      ? padAxis(slice(x, axis, 0, side - shift), axis, shift, 0)
      : padAxis(slice(x, axis, shift, side), axis, 0, shift);
  };
  return { name, images };
}

export const translation = {
  name: "translation",
  summary: "translated left, right, up and down by an eighth of the side, zero padding",
  invertible: false,
  square: false,
  members: [identity, moved("left", 2, false), moved("right", 2, true), moved("up", 1, false), moved("down", 1, true)],
} as const satisfies TransformSet;
