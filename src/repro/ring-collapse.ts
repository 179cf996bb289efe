import { DataError } from "../base/errors.ts";
import { fold, key } from "../base/random.ts";
import type { DataSplit } from "../data/index.ts";
import { modesOf } from "../metrics/index.ts";
import { type ConfiguredModel, adagan, gan, pacgan, unrolledGan, veegan, wganGp } from "../models/index.ts";
import { scatterPlot } from "../plot/index.ts";
import type { Run } from "../run/index.ts";
import { openTrained } from "../trained/index.ts";
import {
  type Row,
  type RowContext,
  type RowTraining,
  type Scale,
  type Values,
  bySeed,
  completionVerdict,
  overSeeds,
  trainEach,
} from "./row.ts";

// The plain GAN captures all modes of ring8 if both nets learn equally fast, which leaves nothing to improve. Here the discriminator has a
// smaller learning rate, selected on seeds other than those that are compared.

interface Method {
  readonly configure: (discriminatorRate: number) => ConfiguredModel;
  /** CPU time of a generator step in ms with batch size 256, on one thread of a 2-core AMD EPYC; one of its components for AdaGAN. */
  readonly cost: number;
}

const minimax = { loss: "minimax" } as const;
const methods = {
  gan: { configure: (discriminatorRate) => gan({ ...minimax, discriminatorRate }), cost: 1.8 },
  unrolled5: { configure: (discriminatorRate) => unrolledGan({ ...minimax, unroll: 5, discriminatorRate }), cost: 12 },
  wganGp: { configure: (discriminatorRate) => wganGp({ discriminatorRate }), cost: 7.3 },
  veegan: { configure: (discriminatorRate) => veegan({ discriminatorRate }), cost: 2.5 },
  adagan: { configure: (discriminatorRate) => adagan({ ...minimax, components: 4, discriminatorRate }), cost: 1.8 },
  pacgan2: { configure: (discriminatorRate) => pacgan({ ...minimax, packing: 2, discriminatorRate }), cost: 1.4 },
  instanceNoise: {
    configure: (discriminatorRate) => gan({ ...minimax, instanceNoise: 0.2, discriminatorRate }),
    cost: 2,
  },
} as const satisfies Readonly<Record<string, Method>>;
type Name = keyof typeof methods;
const names = Object.keys(methods) as Name[];
const remedies = names.filter((name) => name !== "gan");

/** Values of --discriminator-rate, in descending order: the first at which the plain GAN collapses is used, or the last one if it never does. */
const rates = [1, 0.5, 0.2, 0.1, 0.05] as const;
/** Maximum mean number of modes, of 8, that a collapsed GAN captures. */
const maxModes = 4;

interface Budget {
  readonly rates: readonly number[];
  readonly pilots: readonly number[];
  readonly steps: number;
  readonly seeds: readonly number[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { rates: [0.05], pilots: [1], steps: 100, seeds: [11] },
  full: { rates, pilots: [1, 2], steps: 3000, seeds: [11, 12, 13, 14, 15] },
};
const samples = 2500;
const slowest: Name = "unrolled5";

type Length = "steps" | "time";

/** The CPU time of the most expensive method, which all others get. */
function stepsOf(name: Name, length: Length, steps: number): number {
  return length === "steps" ? steps : Math.round((steps * methods[slowest].cost) / methods[name].cost);
}

interface ModesTraining extends RowTraining {
  /** For example `time/gan`; the same for all its seeds. */
  readonly name: string;
  readonly seed: number;
}

async function measure({ engine, say }: RowContext, run: Run, { name, label, seed, data }: ModesTraining) {
  const { modes } = data.test;
  if (modes?.kind !== "centers") throw new DataError("repro: ring8 must declare the centres of its modes");
  const { trained, close } = await openTrained(run, engine, "last");
  const { captured, highQuality } = modesOf(await trained.sample(fold(key(seed), "modes"), samples), modes);
  await close();
  say(`${label}: ${captured} modes, ${(100 * highQuality).toFixed(1)} % high-quality`);
  return { name, seed, modes: captured, highQuality };
}

/** Trains the plain GAN at each rate. */
async function pilot(context: RowContext, data: DataSplit): Promise<Record<string, number>> {
  const { rates: own, pilots, steps } = budgets[context.scale];
  const trainings = own.flatMap((rate) =>
    pilots.map((seed): ModesTraining => {
      const name = `pilot/${rate}`;
      const model = methods.gan.configure(rate);
      return { label: `${name}, seed ${seed}`, model, data, options: { steps, seed }, name, seed };
    }),
  );
  const found = await trainEach(context, trainings, (run, of) => measure(context, run, of));
  const values: Record<string, number> = {};
  for (const rate of own) {
    const all = found.filter(({ name }) => name === `pilot/${rate}`).map(({ modes }) => modes);
    Object.assign(values, overSeeds(`pilot/${rate}/modes`, all));
  }
  return values;
}

function winsOf(values: Values, seeds: readonly number[], length: Length, name: Name): number {
  const of = (own: Name, seed: number) => values[`${length}/${own}/modes/seed${seed}`]!;
  return seeds.filter((seed) => of(name, seed) > of("gan", seed)).length;
}

const pairs = budgets.full.seeds.length;

export const ringCollapseRow: Row = {
  name: "ring-collapse",
  summary: `remedies against mode collapse on ring8 where the plain GAN collapses: minimax loss, and a discriminator that learns more slowly; modes captured and high-quality samples after equal numbers of steps (steps) and in equal CPU time (time)`,
  source: "our own setting, modelled on Srivastava et al., arXiv 1705.07761, table 1; no published number",
  criterion: `in equal time, at least two remedies capture more modes than the plain GAN in all ${pairs} pairs of runs with equal seeds (sign test, p = 0.031 each), with at least half of their samples of high quality on average; and the plain GAN must capture at most ${maxModes} modes on average. At --scale quick: training completes`,
  paper: {},
  scales: {
    quick: `${budgets.quick.steps} steps, one rate and one seed instead of ${budgets.full.steps}, ${rates.length} and ${pairs}`,
    full: `learning rate of the discriminator relative to the generator's: the first of ${rates.join(", ")} at which the plain GAN captures at most ${maxModes} modes on average over seeds ${budgets.full.pilots.join(" and ")}; ${budgets.full.steps} steps with batch size 256, learning rate decaying from 1e-3 to 1e-5, and as many as fit into the CPU time of ${budgets.full.steps} steps of ${slowest} (${names.map((name) => `${name} ${stepsOf(name, "time", budgets.full.steps)}`).join(", ")}; shared by AdaGAN's four components); last parameters, ${samples} samples, ${pairs} seeds`,
  },
  run: async (context) => {
    const { rates: own, steps, seeds } = budgets[context.scale];
    const data = await context.open("ring8");
    const values = await pilot(context, data);
    const rate = own.find((each) => values[`pilot/${each}/modes`]! <= maxModes) ?? own.at(-1)!;
    context.say(`discriminator's rate: ${rate}`);
    const trainings = (["steps", "time"] as const).flatMap((length) =>
      names.flatMap((method) =>
        seeds.map((seed): ModesTraining => {
          const name = `${length}/${method}`;
          const options = { steps: stepsOf(method, length, steps), seed };
          return { label: `${name}, seed ${seed}`, model: methods[method].configure(rate), data, options, name, seed };
        }),
      ),
    );
    const found = await trainEach(context, trainings, (run, of) => measure(context, run, of));
    values["rate"] = rate;
    for (const name of new Set(found.map((one) => one.name))) {
      const all = found.filter((one) => one.name === name);
      const modes = all.map((one) => ({ seed: one.seed, value: one.modes }));
      const quality = all.map(({ highQuality }) => highQuality);
      Object.assign(values, bySeed(`${name}/modes`, modes), overSeeds(`${name}/highQuality`, quality));
    }
    for (const length of ["steps", "time"] as const) {
      for (const name of remedies) values[`${length}/${name}/wins`] = winsOf(values, seeds, length, name);
    }
    return { values, seeds };
  },
  charts: (values) => ({ equalTime: equalTime(values) }),
  verdict: (values, scale) => {
    if (scale === "quick") {
      return completionVerdict(
        values,
        names.map((name) => `time/${name}/modes`),
      );
    }
    const collapsed = values["time/gan/modes"]! <= maxModes;
    const good = remedies.filter(
      (name) => values[`time/${name}/wins`] === pairs && values[`time/${name}/highQuality`]! >= 0.5,
    );
    const sentence = (length: Length) =>
      names
        .map((name) => {
          const of = (quantity: string) => values[`${length}/${name}/${quantity}`]!;
          return `${name} ${of("modes").toPrecision(2)} modes, ${(100 * of("highQuality")).toPrecision(2)} %`;
        })
        .join("; ");
    return {
      passed: collapsed && good.length >= 2,
      remarks: [
        ...(collapsed ? [] : ["In equal time the plain GAN does not collapse, so no remedy is needed."]),
        `After equal steps: ${sentence("steps")}.`,
        `In equal time: ${sentence("time")}.`,
      ],
    };
  },
};

function equalTime(values: Values): string {
  return scatterPlot({
    title: "ring8 with a slow discriminator: methods in equal CPU time",
    x: { label: "share of high-quality samples" },
    y: { label: "modes captured, of 8" },
    series: [
      {
        name: "mean over seeds",
        marks: names.map((name) => ({
          x: values[`time/${name}/highQuality`]!,
          y: values[`time/${name}/modes`]!,
          error: values[`time/${name}/modesStderr`] ?? 0,
          label: name,
        })),
      },
    ],
  });
}
