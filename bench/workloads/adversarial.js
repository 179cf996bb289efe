import { ndarray } from "../../dist/base/ndarray.js";
import { constant } from "../../dist/graph/tensor.js";
import { add, concat, mean, mul, neg, softplus } from "../../dist/ops/index.js";
import { adam } from "../../dist/optim/index.js";

/** What the generator wants: fakes taken for real (non-saturating), on logits. */
export const generatorLoss = (logits) => mean(softplus(neg(logits)));

/** Real and fake through the discriminator one after the other, each with batch statistics of its own. */
export function apartLoss(discriminator, real, fake) {
  return add(mean(softplus(neg(discriminator(real)))), mean(softplus(discriminator(fake))));
}

/** The same in one pass, for discriminators without batch statistics. */
export function togetherLoss(discriminator, real, fake) {
  const n = real.shape[0];
  const signs = Float32Array.from({ length: 2 * n }, (_, i) => (i < n ? -1 : 1));
  const logits = discriminator(concat([real, fake]));
  return mul(mean(softplus(mul(logits, constant(ndarray("float32", [2 * n, 1], signs))))), 2);
}

/** One discriminator step on a real and a fake batch, then one generator step on the same noise. */
export function ganSteps(latent, discriminatorLoss) {
  const optimizer = (learningRate) => adam({ learningRate, beta1: 0.5, beta2: 0.999 });
  const fakes = (x, scope) => scope.nets.generator(scope.noise("z", "normal", [x.shape[0], ...latent]));
  return [
    {
      name: "discriminator",
      updates: ["discriminator"],
      optimizer,
      loss: (x, scope) => ({ loss: discriminatorLoss(scope.nets.discriminator, x, fakes(x, scope)) }),
    },
    {
      name: "generator",
      updates: ["generator"],
      optimizer,
      loss: (x, scope) => ({ loss: generatorLoss(scope.nets.discriminator(fakes(x, scope))) }),
    },
  ];
}
