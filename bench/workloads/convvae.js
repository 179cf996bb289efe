import { vae } from "../../dist/models/index.js";
export const batch = [128, 28, 28, 1];
export const learningRate = 1e-3;
export const model = vae.definition.build(vae({ arch: "conv", latent: 20, binarize: "none" }).options, { kind: "image", shape: [28, 28, 1] });
export { data } from "./vae.js";
