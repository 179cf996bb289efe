import { identity } from "./symmetries.ts";
import type { TransformSet } from "./transform.ts";

export const identityAlone = {
  name: "identity",
  summary: "no transformation: training without augmentation",
  invertible: true,
  square: false,
  members: [identity],
} as const satisfies TransformSet;
