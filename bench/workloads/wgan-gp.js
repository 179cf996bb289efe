import { wganGp } from "../../dist/models/index.js";
import { normalBatches } from "./batches.js";

/** WGAN-GP with DCGAN-32 nets, ngf = ndf = 64, z 100, batch 64: one critic step with its penalty, then one generator step. */
export const batch = [64, 32, 32, 3];
export const learningRate = 2e-4;
const options = { latent: 100, criticSteps: 1, discriminatorNorm: "none", ema: 0 };
export const model = wganGp.definition.build(wganGp(options).options, { kind: "image", shape: [32, 32, 3] });
export const data = (count) => normalBatches(batch, count);
