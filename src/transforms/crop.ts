import { type Tensor, staticDim } from "../graph/tensor.ts";
import { resizeNearest, slice } from "../ops/index.ts";
import { identity } from "./symmetries.ts";
import type { Transform, TransformSet } from "./transform.ts";

/** Side of a crop, as a fraction of the image's side. */
const kept = 0.75;

/** One corner of the image, resized to the full size. */
function corner(name: string, bottom: boolean, right: boolean): Transform {
  const cut = (x: Tensor, axis: 1 | 2, atEnd: boolean): Tensor => {
    const side = staticDim(x, axis, "crop");
    const length = Math.round(kept * side);
    return atEnd ? slice(x, axis, side - length, side) : slice(x, axis, 0, length);
  };
  const images = (x: Tensor): Tensor => {
    const size = [staticDim(x, 1, "crop"), staticDim(x, 2, "crop")] as const;
    return resizeNearest(cut(cut(x, 1, bottom), 2, right), size);
  };
  return { name, images };
}

export const crop = {
  name: "crop",
  summary: "corner crops of three quarters of the side, resized to the full size",
  invertible: false,
  square: false,
  members: [
    identity,
    corner("top left", false, false),
    corner("top right", false, true),
    corner("bottom left", true, false),
    corner("bottom right", true, true),
  ],
} as const satisfies TransformSet;
