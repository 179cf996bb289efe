import { identity, turned180, turned270, turned90 } from "./symmetries.ts";
import type { TransformSet } from "./transform.ts";

export const rotation = {
  name: "rotation",
  summary: "0, 90, 180 and 270 degrees",
  invertible: true,
  square: true,
  members: [identity, turned90, turned180, turned270],
} as const satisfies TransformSet;
