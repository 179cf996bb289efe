import { DataError } from "../base/errors.ts";
import { type NdArray, joinRows, rows } from "../base/ndarray.ts";
import { minOf } from "../base/many.ts";
import { fold, key } from "../base/random.ts";
import { range } from "../base/range.ts";
import { type DataSplit, type Dataset, select } from "../data/index.ts";
import { nearestModes } from "../metrics/index.ts";
import { adagan, gan } from "../models/index.ts";
import { toPoints } from "../numeric/points.ts";
import { scatterPlot } from "../plot/index.ts";
import type { Run } from "../run/index.ts";
import { openTrained } from "../trained/index.ts";
import { costMatrix, exactTransport } from "../transport/index.ts";
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

// Boosting helps if a GAN misses part of the data, so the modes have unequal mass: each has this fraction of the mass of the previous one.
const ratio = 0.7;
const modeCount = 8;
const total = (1 - ratio ** modeCount) / (1 - ratio);
const masses = Array.from({ length: modeCount }, (_, mode) => ratio ** mode / total);

const components = 4;
const net = { hidden: [64, 64] } as const;
const batch = 128;
const samples = 1000;

interface Budget {
  /** Generator steps of each component, and of each single GAN. */
  readonly steps: number;
  readonly seeds: readonly number[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { steps: 300, seeds: [1] },
  full: { steps: 2000, seeds: [11, 12, 13, 14, 15, 16, 17, 18, 19, 20] },
};
/** Before each component except the first, AdaGAN trains a classifier for a fifth of a component's steps. */
const adaganShares = components + 0.2 * (components - 1);

const arms = ["adagan", "best", "ensemble"] as const;
type Arm = (typeof arms)[number];

/** Minimum number of pairs with equal seeds, of ten, in which AdaGAN is nearer to the data; the probability by chance is 11 / 1024. */
const minWins = 9;

/** Items of a ring, with numbers per mode proportional to its mass. */
async function unequal(ring: Dataset): Promise<Dataset> {
  const { modes } = ring;
  if (modes?.kind !== "centers") throw new DataError(`repro: ${ring.name} must declare the centres of its modes`);
  const { nearest } = nearestModes(await ring.read(range(0, ring.size)), modes);
  const byMode = masses.map((_, mode) => [...nearest.keys()].filter((i) => nearest[i] === mode));
  const size = Math.floor(minOf(byMode.map((own, mode) => own.length / masses[mode]!)));
  return select(ring, Int32Array.from(byMode.flatMap((own, mode) => own.slice(0, Math.round(size * masses[mode]!)))));
}

interface OwnTraining extends RowTraining {
  readonly seed: number;
}

function trainingsOf({ scale }: RowContext, data: DataSplit): OwnTraining[] {
  const { steps, seeds } = budgets[scale];
  return seeds.flatMap((seed) => [
    ...Array.from({ length: components }, (_, member): OwnTraining => {
      // All members have different seeds, within and across ensembles.
      const options = { steps, batch, seed: 100 * seed + member };
      return { label: `gan ${member + 1}, seed ${seed}`, model: gan(net), data, options, seed };
    }),
    {
      label: `adagan, seed ${seed}`,
      model: adagan({ ...net, components }),
      data,
      options: { steps: Math.round(adaganShares * steps), batch, seed },
      seed,
    },
  ]);
}

async function draw({ engine }: RowContext, run: Run, { seed, label }: OwnTraining): Promise<NdArray> {
  const { trained, close } = await openTrained(run, engine);
  const drawn = await trained.sample(fold(key(seed), label), samples);
  await close();
  return drawn;
}

interface Items {
  readonly train: NdArray;
  readonly test: NdArray;
  readonly modes: Parameters<typeof nearestModes>[1];
}

function distance(a: NdArray, b: NdArray): number {
  return exactTransport(costMatrix(toPoints(a, "samples"), toPoints(b, "items"))).cost;
}

/** Number of modes with at least a tenth of their mass among the samples; samples far from every mode are not counted. */
function covered(drawn: NdArray, modes: Items["modes"]): number {
  const { nearest, good } = nearestModes(drawn, modes);
  return masses.filter((mass, mode) => {
    const hits = nearest.filter((own, i) => own === mode && good[i] === 1).length;
    return hits >= 0.1 * mass * nearest.length;
  }).length;
}

/** Samples of each method for one seed: the single GANs first, AdaGAN last. */
function armsOf(drawn: readonly NdArray[], { train }: Items): Readonly<Record<Arm, NdArray>> {
  const singles = drawn.slice(0, components);
  const distances = singles.map((own) => distance(own, train));
  return {
    adagan: drawn[components]!,
    // Selected on training items, as in practice.
    best: singles[distances.indexOf(minOf(distances))]!,
    ensemble: joinRows(singles.map((own) => rows(own, 0, samples / components))),
  };
}

function winsOf(values: Values, seeds: readonly number[], other: Arm): number {
  const of = (arm: Arm, seed: number) => values[`${arm}/distance/seed${seed}`]!;
  return seeds.filter((seed) => of("adagan", seed) < of(other, seed)).length;
}

export const adaganEnsembleRow: Row = {
  name: "adagan-ensemble",
  summary: `AdaGAN with ${components} components against the best of ${components} GANs and against their unweighted mixture, for equal numbers of GAN steps, on eight modes of unequal mass: exact earth mover's distance to test items, and modes with at least a tenth of their mass`,
  source:
    "Tolstikhin et al., arXiv 1701.02386, section 4: the same two baselines, on other mixtures and with another measure",
  criterion: `AdaGAN is nearer to the test items than the best GAN, chosen on training items, and than the mixture, each in at least ${minWins} of 10 pairs of runs with equal seeds (sign test, p = 0.011); and the best GAN must miss at least one mode on average. At --scale quick: training completes`,
  paper: {},
  scales: {
    quick: `${budgets.quick.steps} steps and 1 seed instead of ${budgets.full.steps} and ${budgets.full.seeds.length}`,
    full: `ring8 with modes of ${(100 * masses[0]!).toFixed(0)} % to ${(100 * masses.at(-1)!).toFixed(1)} % of the items, each ${ratio} of the one before; ${budgets.full.steps} steps of each GAN with batch size ${batch}, nets with 2 x ${net.hidden[0]} hidden units, learning rate 1e-3 decaying to 1e-5, non-saturating loss, EMA parameters; in addition, each of AdaGAN's classifiers takes a fifth of a GAN's steps; ${samples} samples, ${budgets.full.seeds.length} seeds`,
  },
  run: async (context) => {
    const { seeds } = budgets[context.scale];
    const ring = await context.open("ring8");
    const data = { train: await unequal(ring.train), test: await unequal(ring.test) };
    const { modes } = ring.test;
    if (modes?.kind !== "centers") throw new DataError("repro: ring8 must declare the centres of its modes");
    const of = async (part: Dataset) =>
      part.read(range(0, part.size).filter((i) => i % Math.ceil(part.size / samples) === 0));
    const items: Items = { train: await of(data.train), test: await of(data.test), modes };
    const trainings = trainingsOf(context, data);
    const drawn = await trainEach(context, trainings, (run, training) => draw(context, run, training));
    const values: Record<string, number> = { "real/distance": distance(items.train, items.test) };
    for (const seed of seeds) {
      const own = armsOf(
        drawn.filter((_, i) => trainings[i]!.seed === seed),
        items,
      );
      for (const arm of arms) {
        values[`${arm}/distance/seed${seed}`] = distance(own[arm], items.test);
        values[`${arm}/covered/seed${seed}`] = covered(own[arm], modes);
      }
      context.say(
        `seed ${seed}: ${arms.map((arm) => `${arm} ${values[`${arm}/distance/seed${seed}`]!.toPrecision(3)}`).join(", ")}`,
      );
    }
    for (const arm of arms) {
      for (const quantity of ["distance", "covered"]) {
        const all = seeds.map((seed) => values[`${arm}/${quantity}/seed${seed}`]!);
        Object.assign(values, overSeeds(`${arm}/${quantity}`, all));
      }
    }
    for (const other of ["best", "ensemble"] as const) values[`wins/${other}`] = winsOf(values, seeds, other);
    return { values, seeds };
  },
  charts: (values) => ({ distances: distances(values) }),
  verdict: (values, scale) => {
    if (scale === "quick") {
      return completionVerdict(
        values,
        arms.map((arm) => `${arm}/distance`),
      );
    }
    const misses = values["best/covered"]! <= modeCount - 1;
    const [best, ensemble] = [values["wins/best"]!, values["wins/ensemble"]!];
    return {
      passed: misses && best >= minWins && ensemble >= minWins,
      remarks: [
        `AdaGAN is nearer to the data than the best GAN in ${best} of 10 pairs, and nearer than the mixture in ${ensemble}.`,
        ...(misses
          ? []
          : [
              `The best GAN covers ${values["best/covered"]!.toPrecision(3)} of the 8 modes, so boosting has nothing to add in this setting.`,
            ]),
      ],
    };
  },
};

/** AdaGAN against each baseline, one mark per seed. */
function distances(values: Values): string {
  const seeds = Object.keys(values).flatMap((name) => /^adagan\/distance\/seed(\d+)$/.exec(name)?.[1] ?? []);
  const of = (arm: Arm, seed: string) => values[`${arm}/distance/seed${seed}`]!;
  const others = [
    ["best", `best of ${components} GANs`],
    ["ensemble", "their mixture"],
  ] as const;
  const all = seeds.flatMap((seed) => arms.map((arm) => of(arm, seed)));
  const ends = [minOf(all), -minOf(all.map((value) => -value))];
  return scatterPlot({
    title: "Distance to test items: below the line, AdaGAN is nearer",
    x: { label: "Earth mover's distance of the baseline" },
    y: { label: "Earth mover's distance of AdaGAN" },
    series: [
      ...others.map(([arm, name]) => ({
        name,
        marks: seeds.map((seed) => ({ x: of(arm, seed), y: of("adagan", seed) })),
      })),
      { name: "equal", marks: ends.map((end) => ({ x: end, y: end })), joined: true, bare: true },
    ],
  });
}
