import { vae } from "../../dist/models/index.js";
import { trainStepper } from "./training.js";

/** Batches binarised anew each step. */
export const createStepper = (device) =>
  trainStepper(device, vae({ hidden: 400, latent: 20 }), { batch: 128, learningRate: 1e-3 });
