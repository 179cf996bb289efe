import { identity, leftRight, turned180, upDown } from "./symmetries.ts";
import type { TransformSet } from "./transform.ts";

/** Flipping both axes rotates an image by 180 degrees. */
export const flips = {
  name: "flip",
  summary: "flipped left-right, up-down and both",
  invertible: true,
  square: false,
  members: [identity, leftRight, upDown, turned180],
} as const satisfies TransformSet;
