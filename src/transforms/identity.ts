import { identity } from "./symmetries.ts";
import type { TransformSet } from "./transform.ts";

export const identityAlone = {
  name: "identity",
  summary: "items as they are: any augmentation is then the plain game",
  invertible: true,
  square: false,
  members: [identity],
} as const satisfies TransformSet;
