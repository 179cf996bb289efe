// Mistakes in options that a library user makes, each of which must not compile; `npm run check` reads this file.
import { images } from "../../src/node/index.ts";
import {
  adagan,
  betaVae,
  categoricalVae,
  classifier,
  cyclegan,
  gan,
  pacgan,
  pix2pix,
  unrolledGan,
  vae,
  veegan,
  wgan,
  wganGp,
} from "../../src/models/index.ts";
import type { TrainOptions } from "../../src/run/index.ts";

// Options as they should be written.
vae();
vae({ latent: 10, arch: "conv", likelihood: "gaussian", sigma: "learned", hidden: [64, 32] });
gan({ hidden: 64, loss: "hinge", augment: "dag", transforms: ["rotation", "flip"] });
adagan({ boost: 0.5 });
({ epochs: 20, seed: 7 }) satisfies TrainOptions;

// @ts-expect-error a misspelt name
vae({ latnt: 3 });
// @ts-expect-error an object for a number
vae({ latent: { nonsense: true } });
// @ts-expect-error a number for a word
vae({ arch: 7 });
// @ts-expect-error a word that is none of the choices
vae({ likelihood: "poisson" });
// @ts-expect-error text for a number: only the command line gives text
betaVae({ beta: "4" });
// @ts-expect-error a choice or a number, but another word
vae({ sigma: "adaptive" });
// @ts-expect-error numbers as text in a list
vae({ hidden: ["64", "32"] });
// @ts-expect-error null for a number
categoricalVae({ temperature: null });
// @ts-expect-error an option of another recipe
vae({ components: 3 });
// @ts-expect-error an unknown loss
gan({ loss: "wasserstein" });
// @ts-expect-error a boolean for a count
wgan({ criticSteps: true });
// @ts-expect-error kebab-case, as flags are written
wganGp({ "critic-steps": 5 });
// @ts-expect-error a list for one number
unrolledGan({ unroll: [5] });
// @ts-expect-error a set of transformations that does not exist
gan({ transforms: ["turn"] });
// @ts-expect-error one name where a list is wanted
classifier({ transforms: "flip" });
// @ts-expect-error text for a count
pacgan({ packing: "2" });
// @ts-expect-error a function for a number
veegan({ latent: () => 3 });
// @ts-expect-error a cycle that is none
cyclegan({ cycle: "both ways" });
// @ts-expect-error an option of the critic's kind
pix2pix({ clip: 0.1 });
// @ts-expect-error text for a number of epochs
({ epochs: "1" }) satisfies TrainOptions;
// @ts-expect-error a schedule that does not exist
({ schedule: "exponential" }) satisfies TrainOptions;
// @ts-expect-error a misspelt training option
({ learningrate: 1e-3 }) satisfies TrainOptions;
// @ts-expect-error text for a size
void images("./photos", { size: "32" });
// @ts-expect-error a domain that does not exist
void images("./photos", { domain: "C" });
