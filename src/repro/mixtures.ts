import { significant } from "../base/digits.ts";
import { DataError } from "../base/errors.ts";
import { fold, key } from "../base/random.ts";
import { type ConfiguredModel, adagan, gan, pacgan, unrolledGan, veegan, wganGp } from "../models/index.ts";
import { modesOf } from "../metrics/index.ts";
import { scatterPlot } from "../plot/index.ts";
import { openTrained } from "../trained/index.ts";
import type { Run } from "../run/index.ts";
import {
  type Row,
  type RowContext,
  type RowTraining,
  type Scale,
  type Values,
  completionVerdict,
  overSeeds,
  trainEach,
} from "./row.ts";

// All methods use the default setting of their recipes for points: the same nets, noise, batch size, optimizer, learning rate and
// number of generator steps. The cost of a step differs: a critic makes five updates per generator step, an unrolled generator
// simulates updates of the discriminator. AdaGAN's components share the steps.

const methods: Readonly<Record<string, (noise: number) => ConfiguredModel>> = {
  gan: () => gan(),
  unrolled5: () => unrolledGan({ unroll: 5 }),
  unrolled10: () => unrolledGan({ unroll: 10 }),
  // The weight in the authors' code for points.
  wganGp: () => wganGp({ penalty: 0.1 }),
  veegan: () => veegan(),
  adagan: () => adagan({ components: 10 }),
  pacgan2: () => pacgan({ packing: 2 }),
  instanceNoise: (noise) => gan({ instanceNoise: noise }),
};

/** Numbers that a method must reach. */
interface Thresholds {
  readonly modes: number;
  readonly highQuality: number;
}

interface MixtureRow {
  readonly name: string;
  readonly data: string;
  readonly summary: string;
  readonly thresholds: Thresholds;
  /** The best value that PacGAN's authors report for any degree of packing. */
  readonly published: Thresholds;
  readonly paper: Row["paper"];
  /** Initial standard deviation of instance noise: a quarter of the distance between adjacent modes. */
  readonly noise: number;
}

const budgets: Readonly<Record<Scale, { readonly steps: number; readonly seeds: readonly number[] }>> = {
  quick: { steps: 100, seeds: [1] },
  full: { steps: 25_000, seeds: [1, 2, 3, 4, 5] },
};

/** Number of samples on which modes are counted. */
const samples = 2500;

function mixtureRow({ name, data, summary, thresholds, published, paper, noise }: MixtureRow): Row {
  return {
    name,
    summary,
    source:
      "Srivastava et al., arXiv 1705.07761, table 1, for VEEGAN and unrolled GANs; Lin et al., arXiv 1712.04086, table 1, for GAN and PacGAN; each with other nets and numbers of steps",
    criterion: `at least two remedies with ${thresholds.modes} modes or more on average and more than ${Number((100 * thresholds.highQuality).toFixed(1))} % high-quality samples at the last step. At --scale quick: training completes`,
    paper,
    scales: {
      quick: "100 steps and one seed instead of 25,000 and five",
      full: "25,000 generator steps with batch size 256 (about 21,000 for AdaGAN, shared by its ten components), learning rate decaying from 1e-3 to 1e-5, nets with 2 x 128 hidden units, 2 noise dimensions, 5 seeds, 2500 samples",
    },
    run: async (context) => {
      const { seeds } = budgets[context.scale];
      return { values: await measureAll(context, data, noise), seeds };
    },
    verdict: (values, scale) => {
      if (scale === "quick") {
        return completionVerdict(
          values,
          Object.keys(methods).map((method) => `${method}/modes`),
        );
      }
      const remedies = Object.keys(methods).filter((method) => method !== "gan");
      const good = remedies.filter(
        (method) =>
          values[`${method}/modes`]! >= thresholds.modes && values[`${method}/highQuality`]! > thresholds.highQuality,
      );
      const short = remedies.filter((method) => !good.includes(method));
      return {
        passed: good.length >= 2,
        remarks: [publishedRemark(values, published), ...shortRemarks(values, short)],
      };
    },
  };
}

/** The results of the remedies that miss the criterion. */
function shortRemarks(values: Values, short: readonly string[]): string[] {
  if (short.length === 0) return [];
  const texts = short.map(
    (method) =>
      `${method} (${values[`${method}/modes`]!.toPrecision(3)} modes, ${(100 * values[`${method}/highQuality`]!).toPrecision(3)} %)`,
  );
  return [`Remedies that miss the criterion: ${texts.join(", ")}.`];
}

/** Training time against the fraction of high-quality samples, by method. */
function quality(values: Values): string {
  return scatterPlot({
    title: "Methods on grid25, for equal numbers of generator steps",
    x: { label: "share of high-quality samples" },
    y: { label: "training time in seconds", log: true },
    series: [
      {
        name: "mean over seeds",
        marks: Object.keys(methods).map((method) => ({
          x: values[`${method}/highQuality`]!,
          y: values[`${method}/seconds`]!,
          label: `${method}: ${significant(values[`${method}/modes`]!, 3)} modes`,
        })),
      },
    ],
  });
}

/** Compares the best remedy with the best published numbers. */
function publishedRemark(values: Values, { modes, highQuality }: Thresholds): string {
  const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
  const results = Object.keys(methods).map((method) => ({
    method,
    modes: values[`${method}/modes`]!,
    highQuality: values[`${method}/highQuality`]!,
  }));
  const [best] = results.toSorted((a, b) => b.modes - a.modes || b.highQuality - a.highQuality);
  const reached = best!.modes >= modes && best!.highQuality >= highQuality;
  return `PacGAN's best published means are ${modes} modes and ${percent(highQuality)} high-quality samples (real items: 98.9 %). Among the methods with the most modes here, ${best!.method} has the highest quality: ${best!.modes} modes and ${percent(best!.highQuality)}, ${reached ? "no less than published" : "less than published"}.`;
}

interface MethodTraining extends RowTraining {
  readonly method: string;
  readonly seed: number;
}

/** Means over seeds, with standard errors: METHOD/ for the parameters of the last step, METHOD/ema/ for the EMA parameters. */
async function measureAll(context: RowContext, dataName: string, noise: number): Promise<Values> {
  const { steps, seeds } = budgets[context.scale];
  const data = await context.open(dataName);
  const { modes } = data.test;
  if (modes?.kind !== "centers") throw new DataError(`repro: ${dataName} must declare the centres of its modes`);
  const trainings = Object.entries(methods).flatMap(([method, configure]) =>
    seeds.map((seed): MethodTraining => {
      return {
        label: `${method}, seed ${seed}`,
        model: configure(noise),
        data,
        options: { steps, seed },
        method,
        seed,
      };
    }),
  );
  const found = await trainEach(context, trainings, async (run, { method, seed }) => ({
    method,
    seconds: run.state.seconds,
    values: await measure(context, run, method, seed, modes),
  }));
  const values: Record<string, number> = {};
  for (const method of Object.keys(methods)) {
    const own = found.filter((one) => one.method === method);
    values[`${method}/seconds`] = own.reduce((sum, { seconds }) => sum + seconds / own.length, 0);
    for (const name of Object.keys(own[0]!.values)) {
      const all = own.map((one) => one.values[name]!);
      Object.assign(values, overSeeds(name, all));
    }
  }
  return values;
}

async function measure(
  context: RowContext,
  run: Run,
  method: string,
  seed: number,
  modes: Parameters<typeof modesOf>[1],
): Promise<Values> {
  const values: Record<string, number> = {};
  for (const weights of ["last", "ema"] as const) {
    const { trained, close } = await openTrained(run, context.engine, weights);
    const drawn = await trained.sample(fold(key(seed), "modes"), samples);
    await close();
    const { captured, highQuality, reverseKl } = modesOf(drawn, modes);
    const prefix = weights === "ema" ? `${method}/ema` : method;
    for (const [name, value] of Object.entries({ modes: captured, highQuality, reverseKl })) {
      values[`${prefix}/${name}`] = value;
    }
    context.say(`${prefix}, seed ${seed}: ${captured} modes, ${(100 * highQuality).toFixed(1)} % high-quality`);
  }
  return values;
}

export const ringRow = mixtureRow({
  name: "ring",
  data: "ring8",
  summary: "modes of 8 Gaussians on a ring captured by remedies against mode collapse, all in the same setting",
  thresholds: { modes: 7.8, highQuality: 0.529 },
  published: { modes: 7.9, highQuality: 0.956 },
  paper: {
    "gan/modes": 6.3,
    "gan/highQuality": 0.982,
    "unrolled5/modes": 7.6,
    "unrolled5/highQuality": 0.356,
    "veegan/modes": 8,
    "veegan/highQuality": 0.529,
    "pacgan2/modes": 7.9,
    "pacgan2/highQuality": 0.956,
  },
  noise: 0.2,
});

export const gridRow: Row = {
  ...mixtureRow({
    name: "grid",
    data: "grid25",
    summary: "modes of 25 Gaussians on a grid captured by remedies against mode collapse, all in the same setting",
    thresholds: { modes: 24.6, highQuality: 0.4 },
    published: { modes: 24.8, highQuality: 0.936 },
    paper: {
      "gan/modes": 17.3,
      "gan/highQuality": 0.948,
      "unrolled5/modes": 23.6,
      "unrolled5/highQuality": 0.16,
      "veegan/modes": 24.6,
      "veegan/highQuality": 0.4,
      "pacgan2/modes": 23.8,
      "pacgan2/highQuality": 0.913,
    },
    noise: 0.5,
  }),
  charts: (values) => ({ quality: quality(values) }),
};
