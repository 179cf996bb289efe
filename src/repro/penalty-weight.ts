import { modeCounts, sampleEmd } from "../base/scalar-names.ts";
import { maxOf } from "../base/many.ts";
import type { DataSplit } from "../data/index.ts";
import { wganGp } from "../models/index.ts";
import { scatterPlot } from "../plot/plot.ts";
import type { Run } from "../run/index.ts";
import { criticGap, heldCritic, heldCriticGap, lineData } from "./held-critic.ts";
import {
  type MeasuredTraining,
  type Outcome,
  type Row,
  type RowContext,
  type RowTraining,
  type Scale,
  type Values,
  measureEach,
  overSeeds,
} from "./row.ts";

/** Weights of the gradient penalty; 0.1 is used in the authors' code for points, 10 in their paper. */
const weights = [0.1, 1, 10, 50];
/** Distances of the fixed generator from the data, at which the gap of its critic is compared with theory. */
const shifts = [0.25, 1];
const heldSeed = 1;
const seeds: Readonly<Record<Scale, readonly number[]>> = { quick: [11], full: [11, 12, 13] };
const steps: Readonly<Record<Scale, number>> = { quick: 200, full: 1500 };
/** Number of times during GAN training at which gap and exact distance are compared. */
const records = 15;
const heldSteps = 1500;

interface Game {
  /** Gap of the critic and exact earth mover's distance, by evaluation. */
  readonly path: readonly { readonly step: number; readonly gap: number; readonly distance: number }[];
  readonly captured: number;
  readonly highQuality: number;
}

/** A training run of WGAN-GP on ring8. */
function game({ scale }: RowContext, data: DataSplit, weight: number, seed: number): RowTraining {
  const every = Math.floor(steps[scale] / records);
  return {
    label: `penalty ${weight}, seed ${seed}`,
    model: wganGp({ penalty: weight }),
    data,
    options: { steps: every * records, batch: 256, learningRate: 1e-3, seed, sampleEvery: every, logEvery: every },
  };
}

async function gameOf(run: Run): Promise<Game> {
  const lines = await run.metrics();
  const of = (name: string) =>
    new Map(lines.filter((line) => line.name === name).map(({ step, value }) => [step, value!]));
  const [gaps, distances] = [of(criticGap), of(sampleEmd)];
  const path = [...distances.keys()]
    .filter((step) => step > 0 && gaps.has(step))
    .map((step) => ({ step, gap: gaps.get(step)!, distance: distances.get(step)! }));
  const last = (name: string) => [...of(name).values()].at(-1)!;
  return { path, captured: last(modeCounts.captured), highQuality: last(modeCounts.highQuality) };
}

/** Median factor between gap and distance over the records, the larger divided by the smaller; capped at 100, which is also used for a gap of 0 or below. */
function factorOff({ path }: Game): number {
  const factors = path.map(({ gap, distance }) =>
    gap <= 0 ? worst : Math.min(worst, maxOf([gap / distance, distance / gap])),
  );
  const sorted = factors.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

const worst = 100;

function picture(games: ReadonlyMap<number, readonly Game[]>): NonNullable<Outcome["pictures"]> {
  return {
    gap: scatterPlot({
      title: "Gap of the critic and exact distance during GAN training on ring8",
      x: { label: "exact earth mover's distance", log: true },
      y: { label: "gap of the critic" },
      series: weights.map((weight) => ({
        name: `weight ${weight}`,
        marks: games.get(weight)!.flatMap(({ path }) => path.map(({ gap, distance }) => ({ x: distance, y: gap }))),
      })),
    }),
  };
}

/** Largest relative deviation of gap / distance from theory, for a fixed generator. */
const heldWithin = 0.1;
/** Fraction of the largest share of high-quality samples that the GANs of a weight must reach: the gap says nothing about a GAN that has learned nothing. */
const minQuality = 0.5;

/** The weight whose gap is closest to the distance, among those whose GANs learn. */
function bestOf(values: Values): number {
  const of = (weight: number, what: string) => values[`game/${weight}/${what}`]!;
  const highest = maxOf(weights.map((weight) => of(weight, "highQuality")));
  const learned = weights.filter((weight) => of(weight, "highQuality") >= minQuality * highest);
  const [best = Number.NaN] = learned.toSorted((a, b) => of(a, "factorOff") - of(b, "factorOff"));
  return best;
}

function isAsExpected(values: Values): boolean {
  return weights.every((weight) =>
    shifts.every((shift) => {
      const expected = 1 + shift / (2 * weight);
      return Math.abs(values[`held/${weight}/${shift}`]! / expected - 1) <= heldWithin;
    }),
  );
}

/** Default weight of `wgan-gp` for points. */
const usual = 1;

export const penaltyWeightRow: Row = {
  name: "penalty-weight",
  summary: `gap of a critic with a gradient penalty against the earth mover's distance, as a function of the penalty weight: with a fixed generator at a distance of ${shifts.join(" and ")} on a line (values held/...: gap / distance), and over GAN training on ring8 (values game/...: median factor between gap and exact distance, modes captured, high-quality samples)`,
  source:
    "Gulrajani et al., arXiv 1704.00028, equation 3: the slope of the optimal critic exceeds 1 by distance / (2 weight); exact distance by network simplex",
  criterion: `fixed generator: gap / distance is 1 + distance / (2 weight), to within ${100 * heldWithin} %; GAN training: the default for points, ${usual}, is the weight with the gap closest to the distance, on average over seeds, among those whose GANs end with at least ${100 * minQuality} % of the largest share of high-quality samples. At --scale quick: the fixed generator only`,
  paper: {},
  scales: {
    quick: `GANs trained for ${steps.quick} steps instead of ${steps.full}, with ${seeds.quick.length} seed instead of ${seeds.full.length}`,
    full: `fixed generator: ${heldSteps} critic steps with batch size 256, seed ${heldSeed}; GANs: ${steps.full} steps with batch size 256 and 5 critic updates each, evaluated ${records} times, ${seeds.full.length} seeds per weight`,
  },
  run: async (context) => {
    const line = lineData(heldSeed);
    const ring = await context.open("ring8");
    const ownSeeds = seeds[context.scale];
    const games = new Map<number, Game[]>(weights.map((weight) => [weight, []]));
    const held = weights.flatMap((weight) =>
      shifts.map((shift): MeasuredTraining => {
        const label = `held, weight ${weight}, distance ${shift}`;
        return {
          ...heldCritic(label, line, { shift, rule: { penalty: weight } }, heldSteps, heldSeed),
          measure: async (run) => {
            const gap = await heldCriticGap(run);
            context.say(`${label}: gap ${gap.toFixed(4)}`);
            return { [`held/${weight}/${shift}`]: gap / shift };
          },
        };
      }),
    );
    const played = weights.flatMap((weight) =>
      ownSeeds.map((seed): MeasuredTraining => ({
        ...game(context, ring, weight, seed),
        measure: async (run) => {
          const found = await gameOf(run);
          games.get(weight)!.push(found);
          context.say(`penalty ${weight}, seed ${seed}: factor ${factorOff(found).toFixed(2)}`);
          return {};
        },
      })),
    );
    const values: Record<string, number> = { ...(await measureEach(context, [...held, ...played])) };
    for (const [weight, own] of games) {
      own.forEach((one, i) => (values[`game/${weight}/factorOff/seed${ownSeeds[i]}`] = factorOff(one)));
      const of = (quantity: string, each: (one: Game) => number) =>
        overSeeds(`game/${weight}/${quantity}`, own.map(each));
      Object.assign(
        values,
        of("factorOff", factorOff),
        of("captured", ({ captured }) => captured),
        of("highQuality", ({ highQuality }) => highQuality),
      );
    }
    return { values, seeds: ownSeeds, pictures: picture(games) };
  },
  verdict: (values, scale) => ({
    passed: isAsExpected(values) && (scale === "quick" || bestOf(values) === usual),
  }),
};
