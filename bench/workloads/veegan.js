import { veegan } from "../../dist/models/index.js";
import { normalBatches } from "./batches.js";

/** 2-D VEEGAN: generator, reconstructor and pair discriminator of two hidden layers of 128, batch 256, Adam 1e-3 (.5, .999). */
export const batch = [256, 2];
export const learningRate = 1e-3;
export const model = veegan.definition.build(veegan({ ema: 0 }).options, { kind: "points", shape: [2] });
export const data = (count) => normalBatches(batch, count);
