import { gradTree } from "../../dist/autodiff/index.js";
import { mlp } from "../../dist/nn/index.js";
import { tanh } from "../../dist/ops/index.js";
import { ganSteps, generatorLoss, togetherLoss } from "./adversarial.js";
import { normalBatches } from "./batches.js";

/** The 2-D GAN with tanh, the generator's loss taken through 10 Adam steps of the discriminator, second order kept. */
export const batch = [256, 2];
export const learningRate = 1e-3;
const inner = 10;
const [discriminator, generator] = ganSteps([2], togetherLoss);

export const model = {
  nets: {
    generator: mlp([2, 128, 128, 2], { activation: tanh }),
    discriminator: mlp([2, 128, 128, 1], { activation: tanh }),
  },
  // The generator moves first: its discriminator is the live one, unrolled ahead, before that takes its own step.
  steps: [
    {
      ...generator,
      loss: (x, scope) => {
        const fake = scope.nets.generator(scope.noise("z", "normal", [x.shape[0], 2]));
        const live = scope.nets.discriminator;
        const rule = scope.optimizerOf("discriminator", "discriminator");
        let ahead = { params: live.params, slots: rule.slots };
        for (let k = 0; k < inner; k++) {
          const critic = live.with(ahead.params);
          const loss = togetherLoss(critic, x, fake);
          ahead = rule.update(ahead.params, gradTree(loss, ahead.params), ahead.slots, k);
        }
        return { loss: generatorLoss(live.with(ahead.params)(fake)) };
      },
    },
    discriminator,
  ],
  maps: {},
};
export const data = (count) => normalBatches(batch, count);
