import { vae } from "../../dist/models/index.js";
import { binaryBatches } from "./batches.js";

/** MLP VAE 784-400-20, batch 128, Adam 1e-3, binary pixels given, fresh noise every step. */
export const batch = [128, 28, 28, 1];
export const learningRate = 1e-3;
export const model = vae.definition.build(vae({ hidden: 400, latent: 20, binarize: "none" }).options, {
  kind: "image",
  shape: [28, 28, 1],
});
export const data = (count) => binaryBatches(batch, count);
