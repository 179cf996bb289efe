import { fold, key, uniform } from "../../dist/base/random.js";
import { ndarray } from "../../dist/base/ndarray.js";
import { vae } from "../../dist/models/index.js";

/** MLP VAE 784-400-20, batch 128, Adam 1e-3, binary pixels given, fresh noise every step. */
export const batch = [128, 28, 28, 1];
export const learningRate = 1e-3;
export const model = vae.definition.build(vae({ hidden: 400, latent: 20, binarize: "none" }).options, {
  kind: "image",
  shape: [28, 28, 1],
});

export function data(count) {
  return Array.from({ length: count }, (_, i) => {
    const drawn = uniform(fold(key(0), "data", i), batch);
    return ndarray(
      "float32",
      batch,
      drawn.data.map((value) => (value < 0.13 ? 1 : 0)),
    );
  });
}
