import { gan } from "../../dist/models/index.js";
import { trainStepper } from "./training.js";

/** `gan` with its defaults for images: a DCGAN of 64 and 128 channels, z 64, and an average of the generator. */
export const createStepper = (device) => trainStepper(device, gan(), { batch: 64, learningRate: 2e-4 });
