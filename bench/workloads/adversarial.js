import { add, mean, neg, softplus } from "../../dist/ops/index.js";
import { adam } from "../../dist/optim/index.js";

/** Non-saturating GAN losses on logits. */
export const realLoss = (logits) => mean(softplus(neg(logits)));
export const fakeLoss = (logits) => mean(softplus(logits));

/** One discriminator step on a real and a fake batch, then one generator step on the same noise. */
export function ganSteps(latent, adamOptions, discriminate = (nets, x) => nets.discriminator(x)) {
  const fake = (x, scope) => scope.nets.generator(scope.noise("z", "normal", [x.shape[0], ...latent]));
  return [
    {
      name: "discriminator",
      updates: ["discriminator"],
      optimizer: (rate) => adam({ ...adamOptions, learningRate: rate }),
      loss: (x, scope) => ({
        loss: add(realLoss(discriminate(scope.nets, x)), fakeLoss(discriminate(scope.nets, fake(x, scope)))),
      }),
    },
    {
      name: "generator",
      updates: ["generator"],
      optimizer: (rate) => adam({ ...adamOptions, learningRate: rate }),
      loss: (x, scope) => ({ loss: realLoss(discriminate(scope.nets, fake(x, scope))) }),
    },
  ];
}

