import { gan } from "../../dist/models/index.js";
import { normalBatches } from "./batches.js";

/** DCGAN-32, ngf = ndf = 64, z 100, batch 64, with a head of the discriminator for each quarter turn (DAG), each head on a batch of its own. */
export const batch = [64, 32, 32, 3];
export const learningRate = 2e-4;
const options = { latent: 100, augment: "dag", transforms: ["rotation"], ema: 0 };
export const model = gan.definition.build(gan(options).options, { kind: "image", shape: [32, 32, 3] });
export const data = (count) => normalBatches(batch, count);
