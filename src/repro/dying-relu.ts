import { fold, key } from "../base/random.ts";
import { maxOf } from "../base/many.ts";
import { deadUnits } from "../base/scalar-names.ts";
import type { DataSplit } from "../data/index.ts";
import { type ConfiguredModel, gan } from "../models/index.ts";
import { Health } from "../step/index.ts";
import type { TrainedModel } from "../trained/index.ts";
import { scatterPlot } from "../plot/index.ts";
import { type Row, type RowContext, type Values, fitEach, overSeeds } from "./row.ts";

/** Learning rate of the sweep over biases, and of every discriminator. */
const usualRate = 1e-3;
const rates = [1e-4, 1e-3, 1e-2, 1e-1];
const biases = [-1, -2, -5];
export const slopes = { relu: { activation: "relu" }, leaky: { activation: "leaky-relu", slope: 0.2 } } as const;

/** Items and codes on which dead units are counted, always the same ones. */
const lookedAt = 10_000;
/** Names of the generator's two hidden activations, and path prefix of its first layer. */
const [hidden, firstLayer] = [["layer1", "layer2"] as const, "0."];

export interface Cell {
  readonly rate: number;
  readonly bias: number;
}

const cells: readonly Cell[] = [
  ...rates.map((rate) => ({ rate, bias: 0 })),
  ...biases.map((bias) => ({ rate: usualRate, bias })),
];

export interface Seen {
  /** Fraction of units that no code activates, by hidden layer. */
  readonly dead: readonly number[];
  /** Norm of the gradient of the generator's first layer. */
  readonly gradient: number;
}

export const dyingReluRow: Row = {
  name: "dying-relu",
  summary:
    "a generator on ring8 with ReLU and with Leaky ReLU (slope 0.2), for several learning rates (bias 0) and initial biases (learning rate 1e-3): fraction of hidden units that none of 10,000 noise vectors activates, and gradient norm of the first layer",
  source: "Lu et al., arXiv 1903.06733, on dying units; the paper has no table for this net",
  criterion:
    "with ReLU, the larger of the two layers' dead shares is higher at the largest learning rate than at the smallest, and at the lowest bias than at 0, by at least 0.2; where it is at least 0.9, the gradient of Leaky ReLU exceeds that of ReLU",
  paper: {},
  scales: {
    quick: "1 seed and 500 steps per cell instead of 5 and 5,000",
    full: "5 seeds, 5,000 steps per cell with batch size 64, constant learning rates",
  },
  run: async (context) => {
    const quick = context.scale === "quick";
    const seeds = quick ? [1] : [1, 2, 3, 4, 5];
    const data = await context.open("ring8");
    const values: Record<string, number> = {};
    const steps = quick ? 500 : 5000;
    const trainings = cells.flatMap((cell) =>
      Object.entries(slopes).flatMap(([name, activation]) =>
        seeds.map((seed) => ({
          label: `${nameOf(cell, name)}, seed ${seed}`,
          model: generatorOf(cell, activation),
          data,
          options: {
            steps,
            batch: 64,
            learningRate: cell.rate,
            schedule: "constant",
            seed,
            sampleEvery: steps,
          } as const,
          arm: nameOf(cell, name),
        })),
      ),
    );
    const found = await fitEach(context, trainings, async (trained, { arm }) => ({
      arm,
      seen: await measureCell(context, trained, data),
    }));
    for (const arm of new Set(found.map((each) => each.arm))) {
      const seen = found.filter((each) => each.arm === arm).map((each) => each.seen);
      keep(values, arm, seen);
      context.say(
        `${arm}: dead ${seen.map(({ dead }) => dead.join(" and ")).join(", ")}, gradient ${seen.map(({ gradient }) => gradient.toPrecision(3)).join(", ")}`,
      );
    }
    return { values, seeds };
  },
  charts: (values) => ({ deadShares: deadShares(values) }),
  verdict: (values) => ({ passed: meetsBar(values), remarks: [gradientRemark(values)] }),
};

function deadShares(values: Values): string {
  const series = Object.keys(slopes).flatMap((name) =>
    hidden.map((_, i) => ({
      name: `${name === "relu" ? "ReLU" : "leaky"}, layer ${i + 1}`,
      joined: true,
      marks: rates.map((rate) => ({
        x: rate,
        y: values[`${nameOf({ rate, bias: 0 }, name)}: dead share of layer ${i + 1}`]!,
      })),
    })),
  );
  return scatterPlot({
    title: "Generator on ring8: dead units by learning rate",
    x: { label: "learning rate", log: true },
    y: { label: "fraction of units that no code activates" },
    series,
  });
}

export function nameOf({ rate, bias }: Cell, activation: string): string {
  return `${activation} at rate ${rate}, bias ${bias}`;
}

/** A generator on ring8, against a discriminator with the usual learning rate. */
export function generatorOf({ rate, bias }: Cell, activation: (typeof slopes)[keyof typeof slopes]): ConfiguredModel {
  return gan({
    latent: 2,
    hidden: [64, 64],
    ema: 0,
    initialBias: bias,
    discriminatorRate: usualRate / rate,
    ...activation,
  });
}

export async function measureCell({ engine }: RowContext, trained: TrainedModel, data: DataSplit): Promise<Seen> {
  const own = fold(key(0), "dying-relu");
  const batch = [lookedAt, ...data.train.shape];
  const { model, layouts, state } = trained;
  const health = await Health.open(
    engine,
    { model, layouts, batch, rate: () => 0, slotNames: () => [] },
    data.train,
    own,
    lookedAt,
  );
  const numbers = await health.measure(state, 0, 1);
  await health.release();
  // A single draw suffices, because the gradient is averaged over many items.
  const gradients = await trained.gradients(data.train, "train", own, "generator", 2, lookedAt);
  const { entries } = layouts.generator!;
  const reached = entries.filter(({ path }) => path.startsWith(firstLayer));
  const squares = reached.flatMap(({ offset, shape }) =>
    Array.from(
      gradients.mean.data.slice(offset, offset + shape.reduce((size, extent) => size * extent, 1)),
      (g) => g * g,
    ),
  );
  return {
    dead: hidden.map((layer) => numbers[deadUnits.name({ net: "generator", layer })]!),
    gradient: Math.sqrt(squares.reduce((sum, square) => sum + square, 0)),
  };
}

function keep(values: Record<string, number>, name: string, seen: readonly Seen[]): void {
  const lists = {
    ...Object.fromEntries(hidden.map((_, i) => [`dead share of layer ${i + 1}`, seen.map(({ dead }) => dead[i]!)])),
    gradient: seen.map(({ gradient }) => gradient),
  };
  for (const [quantity, list] of Object.entries(lists)) Object.assign(values, overSeeds(`${name}: ${quantity}`, list));
}

/** Names the cells in which the negative slope increases the gradient. */
function gradientRemark(values: Readonly<Record<string, number>>): string {
  const gradient = (cell: Cell, name: string) => values[`${nameOf(cell, name)}: gradient`]!;
  const larger = cells.filter((cell) => gradient(cell, "leaky") > gradient(cell, "relu"));
  const others = cells.filter((cell) => !larger.includes(cell)).map(({ rate, bias }) => `rate ${rate}, bias ${bias}`);
  const elsewhere = others.length === 0 ? "" : `, and smaller at ${others.join("; ")}`;
  return `The gradient of Leaky ReLU is larger than that of ReLU in ${larger.length} of ${cells.length} cells${elsewhere}.`;
}

function meetsBar(values: Readonly<Record<string, number>>): boolean {
  const deadest = (cell: Cell) =>
    maxOf(hidden.map((_, i) => values[`${nameOf(cell, "relu")}: dead share of layer ${i + 1}`]!));
  const gradient = (cell: Cell, name: string) => values[`${nameOf(cell, name)}: gradient`]!;
  const usual = deadest({ rate: usualRate, bias: 0 });
  const byRate = deadest({ rate: rates.at(-1)!, bias: 0 }) - deadest({ rate: rates[0]!, bias: 0 });
  const byBias = deadest({ rate: usualRate, bias: biases.at(-1)! }) - usual;
  const alive = cells
    .filter((cell) => deadest(cell) >= 0.9)
    .every((cell) => gradient(cell, "leaky") > gradient(cell, "relu"));
  return byRate >= 0.2 && byBias >= 0.2 && alive;
}
