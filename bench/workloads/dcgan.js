import {
  asItems,
  batchNorm,
  conv2d,
  convTranspose2d,
  flattenItems,
  normalInit,
  sequential,
} from "../../dist/nn/index.js";
import { leakyRelu, relu, tanh } from "../../dist/ops/index.js";
import { apartLoss, ganSteps } from "./adversarial.js";
import { normalBatches } from "./batches.js";

/** DCGAN-32: z 100, ngf = ndf = 64, batch 64, BatchNorm, Adam 2e-4 (.5, .999). */
export const batch = [64, 32, 32, 3];
export const learningRate = 2e-4;
const init = normalInit(0.02);
const double = { kernel: 4, stride: 2, padding: 1, bias: false, init };
const full = { kernel: 4, bias: false, init };
const leaky = (x) => leakyRelu(x, 0.2);

const generator = sequential([
  asItems([1, 1, 100]),
  convTranspose2d(100, 256, full),
  batchNorm(256),
  relu,
  convTranspose2d(256, 128, double),
  batchNorm(128),
  relu,
  convTranspose2d(128, 64, double),
  batchNorm(64),
  relu,
  convTranspose2d(64, 3, double),
  tanh,
]);
const discriminator = sequential([
  conv2d(3, 64, double),
  leaky,
  conv2d(64, 128, double),
  batchNorm(128),
  leaky,
  conv2d(128, 256, double),
  batchNorm(256),
  leaky,
  conv2d(256, 1, full),
  flattenItems,
]);

export const model = { nets: { generator, discriminator }, steps: ganSteps([100], apartLoss), maps: {} };
export const data = (count) => normalBatches(batch, count);
