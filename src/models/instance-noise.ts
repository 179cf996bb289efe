import { numberField } from "../base/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add, mul } from "../ops/index.ts";
import type { Remedy, Scope } from "./model.ts";

/** Option of every model with a discriminator. @source Sonderby et al., arXiv 1610.04490. */
export const instanceNoiseField = numberField(
  "standard deviation of Gaussian noise on the discriminator's inputs, real and generated, annealed linearly to 0",
  { min: 0 },
).default(0);

/** Remedy: noise that makes real and generated items overlap, if there is none yet. */
export function noiseRemedies(deviation: number): Remedy[] {
  if (deviation !== 0) return [];
  return [
    {
      option: "instanceNoise",
      against: ["complete-collapse", "partial-collapse", "discriminator-saturation", "vanishing-gradient"],
      value: (spread) => (spread > 0 ? spread / 10 : null),
      reason:
        "noise on the discriminator's inputs, a tenth of the distance between real items, makes both distributions overlap",
    },
  ];
}

/** Adds Gaussian noise with this standard deviation at the start of the run; `who` names the noise input. */
export function withInstanceNoise(deviation: number): (items: Tensor, who: string, scope: Scope) => Tensor {
  if (deviation === 0) return (items) => items;
  return (items, who, scope) => {
    const now = scope.scalar("instanceNoise", (step, steps) => deviation * (1 - step / steps));
    return add(items, mul(scope.noise(`instance noise ${who}`, "normal", items.shape as readonly number[]), now));
  };
}
