import { identity } from "./symmetries.ts";
import type { TransformSet } from "./transform.ts";

export const identityAlone: TransformSet = {
  name: "identity",
  summary: "items as they are: any augmentation is then the plain game",
  invertible: true,
  square: false,
  members: [identity],
};
