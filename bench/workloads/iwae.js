import { iwae } from "../../dist/models/index.js";
import { binaryBatches } from "./batches.js";

/** The one-layer net of Burda et al., 784-200-200-50 with tanh, 5 importance samples, batch 100, Adam 1e-3, binary pixels given. */
export const batch = [100, 28, 28, 1];
export const learningRate = 1e-3;
const options = { hidden: [200, 200], latent: 50, activation: "tanh", binarize: "none", importanceSamples: 5 };
export const model = iwae.definition.build(iwae(options).options, { kind: "image", shape: [28, 28, 1] });
export const data = (count) => binaryBatches(batch, count);
