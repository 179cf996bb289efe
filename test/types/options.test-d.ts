// Mistakes in options that a library user makes, each of which must not compile; `npm run check` reads this file.
import { type DistanceContext, type Side, emd, mmd, sinkhorn, sliced } from "../../src/distances/index.ts";
import { type Evaluator, evaluate, evaluator } from "../../src/evaluation/index.ts";
import { elbo, fid, gradientVariance, kid, metrics, mig, nll, pairError } from "../../src/metrics/index.ts";
import { images, openItems } from "../../src/node/index.ts";
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

// What is measured; nothing here is run.
declare const measured: Parameters<typeof evaluator>[0];
declare const [a, b]: readonly [Side, Side];
declare const context: DistanceContext;
const on = [measured.trained, measured.data, measured.part, measured.key] as const;
const measure: Evaluator = evaluator(measured);

// Options as they should be written.
vae();
vae({ latent: 10, arch: "conv", likelihood: "gaussian", sigma: "learned", hidden: [64, 32] });
gan({ hidden: 64, loss: "hinge", augment: "dag", transforms: ["rotation", "flip"] });
adagan({ boost: 0.5 });
({ epochs: 20, seed: 7 }) satisfies TrainOptions;
void images("./photos", { size: 32, limit: 0.5 });
void measure(kid, { samples: 1000, block: 100 });
void measure(elbo);
void evaluate(nll, ...on, { samples: 50 });
// A metric that is known as one of them all takes options as they come.
void measure(metrics[0]!, { samples: 50 });
sinkhorn.measure(a, b, { cost: "euclidean", epsilon: 0.1 }, context);

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
// @ts-expect-error a side that does not exist
void images("./pairs", { pairs: "top-bottom" });
// @ts-expect-error text for a share
void images("./photos", { limit: "0.5" });
// @ts-expect-error a misspelt option of a reader
void images("./photos", { sizes: 32 });
// @ts-expect-error a limit of all items
void openItems("./photos", { limit: 5 });
// @ts-expect-error a misspelt option of a metric
void measure(kid, { sample: 1000 });
// @ts-expect-error text for a count
void measure(kid, { block: "100" });
// @ts-expect-error a word for a yes or no
void measure(fid, { forceFid: "yes" });
// @ts-expect-error an option of another metric
void measure(elbo, { samples: 50 });
// @ts-expect-error a direction that does not exist
void measure(pairError, { direction: "AtoC" });
// @ts-expect-error an object for a count
void measure(mig, { points: { train: 100 } });
// @ts-expect-error an option of another metric, given at once
void evaluate(nll, ...on, { points: 50 });
// @ts-expect-error null for a count
void evaluate(nll, ...on, { samples: null });
// @ts-expect-error a list for text
void evaluate(gradientVariance, ...on, { beside: ["estimator=score-function"] });
// @ts-expect-error a cost that does not exist
emd.measure(a, b, { cost: "cosine" }, context);
// @ts-expect-error text for a number
sinkhorn.measure(a, b, { cost: "euclidean", epsilon: "0.1" }, context);
// @ts-expect-error an option of another distance
sliced.measure(a, b, { epsilon: 0.1 }, context);
// @ts-expect-error a word for a list of numbers
mmd.measure(a, b, { bandwidths: "median" }, context);
