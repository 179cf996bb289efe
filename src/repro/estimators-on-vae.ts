import { fold, key } from "../base/random.ts";
import { elbo, gradientVariance } from "../metrics/index.ts";
import { vae } from "../models/index.ts";
import type { Arrays } from "../runtime/index.ts";
import { TrainedModel } from "../trained/index.ts";
import { evaluate } from "../evaluation/index.ts";
import { type Row, fitEach } from "./row.ts";

const seed = 1;
const net = { latent: 10, hidden: [200] };
const mcSamples = 4;
const variants = {
  pathwise: { estimator: "pathwise", mcSamples },
  score: { estimator: "score-function", mcSamples },
  scoreMean: { estimator: "score-function", baseline: "mean", mcSamples },
  scoreLoo: { estimator: "score-function", baseline: "loo", mcSamples },
} as const;

/** Score-function estimators. */
const others = ["score", "scoreMean", "scoreLoo"];

export const estimatorsOnVaeRow: Row = {
  name: "estimators-on-vae",
  summary:
    "the same VAE trained with the pathwise gradient and with the score function: gradient variance, and negative ELBO after equal numbers of steps",
  source: "Mohamed et al., arXiv 1906.10652, sections 4 and 5 (the paper has no table for this net)",
  criterion:
    "every score-function estimator has more variance than the pathwise one and a worse final ELBO; leave-one-out has the lowest variance of them",
  paper: {},
  scales: {
    quick: "1 epoch per estimator instead of 20; 100 gradient samples instead of 1000",
    full: "20 epochs per estimator, 4 samples per step; 1000 gradient samples on a batch of 128 with the pathwise model's parameters",
  },
  run: async (context) => {
    const quick = context.scale === "quick";
    const data = await context.open("mnist");
    const values: Record<string, number> = {};
    const trainings = Object.entries(variants).map(([label, variant]) => ({
      label,
      model: vae({ ...net, ...variant }),
      data,
      options: { epochs: quick ? 1 : 20, seed },
    }));
    // All estimators are compared at the same point: the parameters of the pathwise model, which is the first.
    let pathwise: Arrays = {};
    await fitEach(context, trainings, async (trained, { label: name }) => {
      const own = await trained.state.read();
      if (name === "pathwise") pathwise = own;
      values[`${name}NegElbo`] = (await evaluate(elbo, trained, data.test, "test", fold(key(seed), "bound"))).value;
      const state = context.engine.createState({ ...own, ...pathwise });
      const same = new TrainedModel(trained.model, trained.layouts, context.engine, state, trained.progress);
      const options = { net: "encoder", draws: quick ? 100 : 1000, batch: 128 };
      const result = await evaluate(gradientVariance, same, data.train, "train", fold(key(seed), "variance"), options);
      values[`${name}Variance`] = result.value;
      values[`${name}VarianceStderr`] = result.stderr;
      context.say(`${name}: variance ${result.value.toPrecision(4)}, bound ${values[`${name}NegElbo`]!.toFixed(2)}`);
      await same.release();
      state.dispose();
    });
    for (const name of others) values[`${name}Ratio`] = values[`${name}Variance`]! / values.pathwiseVariance!;
    return { values, seeds: [seed] };
  },
  verdict: (values) => {
    const worse = others.every(
      (name) =>
        values[`${name}Variance`]! > values.pathwiseVariance! && values[`${name}NegElbo`]! > values.pathwiseNegElbo!,
    );
    return { passed: worse && others.every((name) => values[`${name}Variance`]! >= values.scoreLooVariance!) };
  },
};
