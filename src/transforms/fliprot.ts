import { identity, leftRight, turned90, upDown } from "./symmetries.ts";
import type { TransformSet } from "./transform.ts";

export const fliprot = {
  name: "fliprot",
  summary: "flipped left-right, flipped up-down, rotated by 90 degrees",
  invertible: true,
  square: true,
  members: [identity, leftRight, upDown, turned90],
} as const satisfies TransformSet;
