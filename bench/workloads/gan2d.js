import { mlp } from "../../dist/nn/index.js";
import { leakyRelu, relu } from "../../dist/ops/index.js";
import { ganSteps, togetherLoss } from "./adversarial.js";
import { normalBatches } from "./batches.js";

/** 2-D GAN: MLPs of two hidden layers of 128, batch 256, Adam 1e-3 (.5, .999). */
export const batch = [256, 2];
export const learningRate = 1e-3;
export const model = {
  nets: {
    generator: mlp([2, 128, 128, 2], { activation: relu }),
    discriminator: mlp([2, 128, 128, 1], { activation: (x) => leakyRelu(x, 0.2) }),
  },
  steps: ganSteps([2], togetherLoss),
  maps: {},
};
export const data = (count) => normalBatches(batch, count);
