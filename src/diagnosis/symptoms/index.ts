import { completeCollapse } from "./complete-collapse.ts";
import { deadUnits } from "./dead-units.ts";
import { discriminatorSaturation } from "./discriminator-saturation.ts";
import { lowFidelity } from "./low-fidelity.ts";
import { memorisation } from "./memorisation.ts";
import { noConvergence } from "./no-convergence.ts";
import { overfitting } from "./overfitting.ts";
import { partialCollapse } from "./partial-collapse.ts";
import { posteriorCollapse } from "./posterior-collapse.ts";
import type { Symptom } from "../symptom.ts";
import { vanishingGradient } from "./vanishing-gradient.ts";

/** Every symptom, in the order of reporting. */
export const symptoms: readonly Symptom[] = [
  completeCollapse,
  partialCollapse,
  lowFidelity,
  noConvergence,
  discriminatorSaturation,
  vanishingGradient,
  deadUnits,
  overfitting,
  memorisation,
  posteriorCollapse,
];
