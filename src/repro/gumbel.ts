import { fold, key } from "../base/random.ts";
import { elbo } from "../metrics/index.ts";
import { categoricalVae } from "../models/index.ts";
import { evaluate } from "../train/index.ts";
import { type Row, fit } from "./row.ts";

const seed = 1;
const estimators = {
  gumbelSoftmax: "gumbel-softmax",
  straightThrough: "straight-through",
  scoreFunction: "score-function",
} as const;

export const gumbelRow: Row = {
  name: "gumbel",
  summary:
    "categorical VAE 784-(20x10)-200 on fixed binary MNIST, by three estimators; negative bound with discrete draws",
  source: "Jang et al., arXiv 1611.01144, table 1, row VAE Cat",
  bar: "Gumbel-Softmax best, score function worst, Gumbel-Softmax at most 103 nats",
  paper: { gumbelSoftmax: 101.5, straightThrough: 107.8, scoreFunction: 110.6 },
  scales: {
    quick: "2 epochs an estimator instead of 100, on the first 1000 test images",
    full: "100 epochs an estimator at batch 100, all 10,000 test images",
  },
  run: async (context) => {
    const data = await context.open("mnist");
    const quick = context.scale === "quick";
    const values: Record<string, number> = {};
    for (const [name, estimator] of Object.entries(estimators)) {
      const model = categoricalVae({ estimator, hidden: [200], binarize: "fixed" });
      const { trained, close } = await fit(context, name, model, data, { epochs: quick ? 2 : 100, seed });
      const result = await evaluate(elbo, trained, data.test, "test", fold(key(seed), "gumbel"));
      values[name] = result.value;
      context.say(`${name}: ${result.value.toFixed(2)} +- ${result.stderr.toFixed(2)} nats`);
      await close();
    }
    const ordered = values.gumbelSoftmax! < values.straightThrough! && values.straightThrough! < values.scoreFunction!;
    return { values, passed: ordered && values.gumbelSoftmax! <= 103, seeds: [seed] };
  },
};
