import { fold, key, uniform } from "../../dist/base/random.js";
import { cyclegan } from "../../dist/models/index.js";

/** CycleGAN at 64 x 64, 6 blocks, ngf = ndf = 32, patches of 34 pixels, pool of 50, batch 1: both generators, then each discriminator. */
export const batch = [1, 2, 64, 64, 3];
export const learningRate = 2e-4;
const options = { ngf: 32, blocks: 6, discriminatorLayers: 2 };
export const model = cyclegan.definition.build(cyclegan(options).options, { kind: "pair", shape: batch.slice(1) });
export const data = (count) => Array.from({ length: count }, (_, i) => uniform(fold(key(0), "data", i), batch));
