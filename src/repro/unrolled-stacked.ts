import { fold, key } from "../base/random.ts";
import { take } from "../data/index.ts";
import { accuracy, modes } from "../metrics/index.ts";
import { classifier, unrolledGan } from "../models/index.ts";
import { classifierFeatures } from "../trained/index.ts";
import { evaluate, evaluator } from "../evaluation/index.ts";
import { type Row, type Scale, completionVerdict, fit, fitEach, ascendingBy, isRising, overSeeds } from "./row.ts";

// Scaled down from the paper: DCGAN nets that halve the resolution twice instead of three times, and 2000 steps at a higher learning rate instead of
// 500,000. The discriminator has a quarter of the generator's channels, as in the paper's hardest case. The loss is
// non-saturating: with the minimax loss, the generator stops learning at this rate.

const lookAhead = [0, 1, 5, 10];
const nets = {
  latent: 256,
  arch: "dcgan",
  hidden: [16, 32],
  discriminatorHidden: [4, 8],
  activation: "relu",
  discriminatorActivation: "leaky-relu",
  slope: 0.3,
  ema: 0,
  loss: "non-saturating",
} as const;

interface Budget {
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly samples: number;
  readonly classifierEpochs: number;
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { steps: 300, seeds: [1], samples: 2560, classifierEpochs: 1 },
  full: { steps: 2000, seeds: [1, 2, 3], samples: 25_600, classifierEpochs: 5 },
};

export const unrolledStackedRow: Row = {
  name: "unrolled-stacked",
  summary: "modes of stacked MNIST with at least one sample, for an unrolled GAN with 0, 1, 5 and 10 unrolled updates",
  source:
    "Metz et al., arXiv 1611.02163, table 1, D with 1/4 of G's size, as quoted in Lin et al., arXiv 1712.04086, table 3",
  criterion: "on average over seeds, more modes with more unrolled updates. At --scale quick: training completes",
  paper: { "unroll0/modes": 30.6, "unroll1/modes": 65.4, "unroll5/modes": 236.4, "unroll10/modes": 327.2 },
  scales: {
    quick: "300 steps and one seed instead of 2000 and three; 2560 samples",
    full: "2000 steps instead of the paper's 500,000, batch size 64, DCGAN nets with 16 and 32 channels for G and 4 and 8 for D, learning rate 1e-3, non-saturating loss, 3 seeds, 25,600 samples",
  },
  run: async (context) => {
    const { steps, seeds, samples, classifierEpochs } = budgets[context.scale];
    const digits = await context.open("mnist");
    const classNet = await fit(context, "classifier", classifier(), digits, { epochs: classifierEpochs, seed: 1 });
    const features = await classifierFeatures(classNet.trained, "classifier");
    const right = await evaluate(accuracy, classNet.trained, digits.test, "test", key(1));
    const values: Record<string, number> = { "classifier/accuracy": right.value };
    const stacks = await context.open("stacked-mnist");
    const data = { train: stacks.train, test: take(stacks.test, samples) };
    const trainings = lookAhead.flatMap((unroll) =>
      seeds.map((seed) => ({
        label: `unroll ${unroll}, seed ${seed}`,
        model: unrolledGan({ ...nets, unroll }),
        data,
        options: { steps, batch: 64, learningRate: 1e-3, seed },
        unroll,
        seed,
      })),
    );
    const found = await fitEach(context, trainings, async (trained, { label, unroll, seed }) => {
      const measure = evaluator({ trained, data: data.test, part: "test", key: fold(key(seed), "modes"), features });
      const { details } = await measure(modes, { samples });
      context.say(`${label}: ${details.captured as number} modes of 1000 captured`);
      values["noise/modes"] = details.modesOfNoise as number;
      return { unroll, captured: details.captured as number, reverseKl: details.reverseKl as number };
    });
    for (const unroll of lookAhead) {
      const own = found.filter((each) => each.unroll === unroll);
      const over = (name: string, list: readonly number[]) => overSeeds(`unroll${unroll}/${name}`, list);
      Object.assign(
        values,
        over(
          "modes",
          own.map(({ captured }) => captured),
        ),
        over(
          "reverseKl",
          own.map(({ reverseKl }) => reverseKl),
        ),
      );
    }
    await classNet.close();
    return { values, seeds };
  },
  verdict: (values, scale) => {
    const names = lookAhead.map((unroll) => `unroll${unroll}`);
    if (scale === "quick") {
      return completionVerdict(
        values,
        names.map((name) => `${name}/modes`),
      );
    }
    return {
      passed: isRising(names.map((name) => values[`${name}/modes`]!)),
      remarks: [`In ascending order of modes: ${ascendingBy(values, names, "modes")}.`],
    };
  },
};
