import { categoricalVae } from "../../dist/models/index.js";
import { binaryBatches } from "./batches.js";

/** Categorical VAE 784-200-(20 x 10)-200-784 by Gumbel-Softmax, KL of the categories, batch 100, Adam 1e-3, binary pixels given. */
export const batch = [100, 28, 28, 1];
export const learningRate = 1e-3;
export const model = categoricalVae.definition.build(categoricalVae({ hidden: 200, binarize: "none" }).options, {
  kind: "image",
  shape: [28, 28, 1],
});
export const data = (count) => binaryBatches(batch, count);
