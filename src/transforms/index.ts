import { crop } from "./crop.ts";
import { flips } from "./flip.ts";
import { fliprot } from "./fliprot.ts";
import { identityAlone } from "./identity.ts";
import { rotation } from "./rotation.ts";
import type { TransformSet } from "./transform.ts";
import { translation } from "./translation.ts";

export * from "./at-random.ts";
export * from "./diff-augment.ts";
export * from "./for-items.ts";
export type { Transform, TransformSet } from "./transform.ts";

/** Every set, in the order of the help. */
export const transformSets = [
  identityAlone,
  rotation,
  flips,
  fliprot,
  translation,
  crop,
] as const satisfies readonly TransformSet[];
