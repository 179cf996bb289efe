import { fold, key } from "../base/random.ts";
import { type DataSplit, take } from "../data/index.ts";
import { elbo, nll } from "../metrics/index.ts";
import { type ConfiguredModel, iwae, vae } from "../models/index.ts";
import { evaluate } from "../evaluation/index.ts";
import { type Row, type RowContext, type Scale, completionVerdict, fitEach } from "./row.ts";

// The net with one stochastic layer of Burda et al., arXiv 1509.00519: 784-200-200-50, tanh, dynamic binarisation.

const net = { latent: 50, hidden: [200, 200], activation: "tanh", binarize: "dynamic" } as const;
const seed = 1;
const importanceSamples = 5;

interface Budget {
  readonly epochs: number;
  readonly images: number;
  readonly samples: number;
}

interface Found {
  readonly nll: number;
  readonly stderr: number;
  readonly negElbo: number;
}

/** The result of each model, in order. */
function measure(
  context: RowContext,
  models: Readonly<Record<string, ConfiguredModel>>,
  data: DataSplit,
  { epochs, images, samples }: Budget,
): Promise<Found[]> {
  const options = { epochs, batch: 100, learningRate: 1e-3, seed };
  const trainings = Object.entries(models).map(([label, model]) => ({ label, model, data, options }));
  return fitEach(context, trainings, async (trained, { label }) => {
    context.say(`${label}: ${samples} importance samples on ${images} test images`);
    const test = take(data.test, images);
    const estimate = await evaluate(nll, trained, test, "test", fold(key(seed), "nll"), { samples });
    const bound = await evaluate(elbo, trained, test, "test", fold(key(seed), "nll"));
    return { nll: estimate.value, stderr: estimate.stderr, negElbo: bound.value };
  });
}

const vaeBudgets: Readonly<Record<Scale, Budget>> = {
  quick: { epochs: 10, images: 200, samples: 500 },
  full: { epochs: 250, images: 1000, samples: 5000 },
};

export const vaeNllRow: Row = {
  name: "vae-nll",
  summary:
    "negative log-likelihood of the VAE 784-200-200-50 with one stochastic layer (50 latents) on dynamically binarised MNIST",
  source: "Burda et al., arXiv 1509.00519, table 1: all 10,000 test images, 3280 epochs with batch size 20",
  criterion:
    "at most 88.3 nats on the first 1000 test images, in at most 45 minutes on 2 cores. At --scale quick: training completes",
  paper: { nll: 86.76 },
  scales: {
    quick: "10 epochs instead of 250; 500 importance samples on 200 test images instead of 5000 on 1000",
    full: "250 epochs with batch size 100, learning rate decaying from 1e-3 to 5e-5; 5000 importance samples on the first 1000 test images",
  },
  run: async (context) => {
    const data = await context.open("mnist");
    const [values] = await measure(context, { vae: vae(net) }, data, vaeBudgets[context.scale]);
    return { values: { ...values! }, seeds: [seed] };
  },
  verdict: (values, scale) =>
    scale === "quick" ? completionVerdict(values, ["nll"]) : { passed: values.nll! <= 88.3 },
};

const iwaeBudgets: Readonly<Record<Scale, Budget>> = {
  quick: { epochs: 5, images: 200, samples: 500 },
  full: { epochs: 100, images: 1000, samples: 5000 },
};

export const iwaeNllRow: Row = {
  name: "iwae-nll",
  summary: `the same net trained on the importance-weighted bound with ${importanceSamples} samples, compared with the VAE`,
  source: "Burda et al., arXiv 1509.00519, table 1",
  criterion: "at least 0.8 nats below the VAE after equal numbers of epochs. At --scale quick: training completes",
  paper: { vae: 86.76, iwae: 85.54, gap: 1.22 },
  scales: {
    quick: "5 epochs instead of 100; 500 importance samples on 200 test images instead of 5000 on 1000",
    full: "100 epochs each with batch size 100; 5000 importance samples on the first 1000 test images",
  },
  run: async (context) => {
    const data = await context.open("mnist");
    const budget = iwaeBudgets[context.scale];
    const both = { vae: vae(net), iwae: iwae({ ...net, importanceSamples }) };
    const [plain, weighted] = await measure(context, both, data, budget);
    const gap = plain!.nll - weighted!.nll;
    return { values: { vae: plain!.nll, iwae: weighted!.nll, gap }, seeds: [seed] };
  },
  verdict: (values, scale) => (scale === "quick" ? completionVerdict(values, ["gap"]) : { passed: values.gap! >= 0.8 }),
};
