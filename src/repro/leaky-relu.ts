import { fold, key } from "../base/random.ts";
import { evaluate } from "../evaluation/index.ts";
import { emd } from "../metrics/index.ts";
import { scatterPlot } from "../plot/index.ts";
import type { Run } from "../run/index.ts";
import { openTrained } from "../trained/index.ts";
import { type Cell, type Seen, generatorOf, measureCell, nameOf, slopes } from "./dying-relu.ts";
import { type Row, type RowContext, type RowTraining, type Scale, type Values, overSeeds, trainEach } from "./row.ts";

// Adam changes a bias by about the learning rate per step, so it cannot recover from a bias larger in magnitude than rate times steps: at rate
// 1e-3 and bias -5, 5,000 steps barely reach 0, and the comparison is of the initial state. At -5 some codes still activate units, at -7 none do.

type Activation = keyof typeof slopes;

/** The initial bias at which the criterion is tested. */
const tested: Cell = { rate: 1e-2, bias: -7 };
const biases: ReadonlyMap<number, readonly number[]> = new Map([
  [1e-3, [-5, -7]],
  [1e-2, [0, -5, -7, -10]],
]);
const cells: readonly Cell[] = [...biases].flatMap(([rate, own]) => own.map((bias) => ({ rate, bias })));

interface Budget {
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly cells: readonly Cell[];
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { steps: 1000, seeds: [1], cells: [tested] },
  full: { steps: 5000, seeds: [11, 12, 13, 14, 15, 16, 17, 18, 19, 20], cells },
};
const batch = 64;
const samples = 1000;

/** Minimum share of dead units in the second layer for ReLU to count as dead; with fewer, there is nothing to remedy. */
const minDead = 0.99;
/** Minimum number of pairs with equal seeds, of ten, in which Leaky ReLU is nearer to the data; the probability by chance is 11 / 1024. */
const minWins = 9;

interface CellTraining extends RowTraining {
  readonly name: string;
  readonly seed: number;
}

interface Found extends Pick<CellTraining, "name" | "seed">, Seen {
  readonly distance: number;
}

async function measure(context: RowContext, run: Run, { name, seed, data }: CellTraining): Promise<Found> {
  const opened = await openTrained(run, context.engine);
  const seen = await measureCell(context, opened.trained, data);
  const by = fold(key(seed), "leaky-relu");
  const { value: distance } = await evaluate(emd, opened.trained, data.test, "test", by, { samples });
  await opened.close();
  context.say(`${name}, seed ${seed}: EMD ${distance.toPrecision(3)}, dead ${seen.dead.join(" and ")}`);
  return { name, seed, distance, ...seen };
}

function valuesOf(found: readonly Found[]): Values {
  const values: Record<string, number> = {};
  for (const name of new Set(found.map((one) => one.name))) {
    const own = found.filter((one) => one.name === name);
    for (const one of own) values[`${name}: EMD, seed ${one.seed}`] = one.distance;
    const lists = {
      EMD: own.map(({ distance }) => distance),
      "dead share of layer 1": own.map(({ dead }) => dead[0]!),
      "dead share of layer 2": own.map(({ dead }) => dead[1]!),
      gradient: own.map(({ gradient }) => gradient),
    };
    for (const [quantity, list] of Object.entries(lists))
      Object.assign(values, overSeeds(`${name}: ${quantity}`, list));
  }
  return values;
}

function winsOf(values: Values, seeds: readonly number[], cell: Cell): number {
  const of = (name: Activation, seed: number) => values[`${nameOf(cell, name)}: EMD, seed ${seed}`]!;
  return seeds.filter((seed) => of("leaky", seed) < of("relu", seed)).length;
}

function distances(values: Values): string {
  const marks = (rate: number, name: Activation) =>
    biases.get(rate)!.map((bias) => {
      const of = `${nameOf({ rate, bias }, name)}: EMD`;
      return { x: bias, y: values[of]!, error: values[`${of}Stderr`]! };
    });
  return scatterPlot({
    title: "Generator on ring8: distance to the data by initial bias and learning rate",
    x: { label: "initial bias" },
    y: { label: "Earth mover's distance after training" },
    series: (Object.keys(slopes) as Activation[]).flatMap((name) =>
      [...biases.keys()].map((rate) => ({
        name: `${name === "relu" ? "ReLU" : "leaky"}, ${rate}`,
        marks: marks(rate, name),
        joined: true,
      })),
    ),
  });
}

const [relu, leaky] = [nameOf(tested, "relu"), nameOf(tested, "leaky")];

export const leakyReluRow: Row = {
  name: "leaky-relu",
  summary: `Leaky ReLU (slope 0.2) as a remedy for a generator on ring8 whose initial biases kill its ReLUs: exact earth mover's distance of ${samples} samples to test items, dead units and gradient norm of the first layer after training, over initial biases and learning rates`,
  source:
    "Maas et al., ICML workshop 2013, on Leaky ReLU; Lu et al., arXiv 1903.06733, on dying units; neither paper has a table for this net",
  criterion: `at rate ${tested.rate} and bias ${tested.bias}: at least ${100 * minDead} % of ReLU's second layer is dead after training and its gradient is below a thousandth of Leaky ReLU's, and Leaky ReLU ends nearer to the data in at least ${minWins} of 10 pairs of runs with equal seeds (sign test, p = 0.011). At --scale quick: the dead units and the gradients`,
  paper: {},
  scales: {
    quick: `${budgets.quick.steps} steps and 1 seed instead of ${budgets.full.steps} and ${budgets.full.seeds.length}, at the tested bias and rate alone`,
    full: `${[...biases].map(([rate, own]) => `biases ${own.join(", ")} at rate ${rate}`).join(" and ")}, constant; discriminator at rate 1e-3; ${budgets.full.steps} steps with batch size ${batch}, ${budgets.full.seeds.length} seeds; dead: activated by none of 10,000 noise vectors`,
  },
  run: async (context) => {
    const { steps, seeds, cells: own } = budgets[context.scale];
    const data = await context.open("ring8");
    const trainings = own.flatMap((cell) =>
      (Object.keys(slopes) as Activation[]).flatMap((activation) =>
        seeds.map((seed): CellTraining => {
          const name = nameOf(cell, activation);
          const options = {
            steps,
            batch,
            learningRate: cell.rate,
            schedule: "constant",
            seed,
            sampleEvery: steps,
          } as const;
          return {
            label: `${name}, seed ${seed}`,
            model: generatorOf(cell, slopes[activation]),
            data,
            options,
            name,
            seed,
          };
        }),
      ),
    );
    const found = await trainEach(context, trainings, (run, of) => measure(context, run, of));
    const values: Record<string, number> = { ...valuesOf(found) };
    for (const cell of own)
      values[`rate ${cell.rate}, bias ${cell.bias}: wins of Leaky ReLU`] = winsOf(values, seeds, cell);
    return { values, seeds };
  },
  charts: (values) =>
    values[`${nameOf(cells[0]!, "relu")}: EMD`] === undefined ? {} : { distances: distances(values) },
  verdict: (values, scale) => {
    const dies =
      values[`${relu}: dead share of layer 2`]! >= minDead &&
      values[`${relu}: gradient`]! < values[`${leaky}: gradient`]! / 1000;
    if (scale === "quick") return { passed: dies };
    const worse = cells.filter(
      (cell) => values[`rate ${cell.rate}, bias ${cell.bias}: wins of Leaky ReLU`]! <= 10 - minWins,
    );
    return {
      passed: dies && values[`rate ${tested.rate}, bias ${tested.bias}: wins of Leaky ReLU`]! >= minWins,
      remarks: [
        `At rate ${tested.rate} and bias ${tested.bias}, Leaky ReLU is nearer to the data in ${values[`rate ${tested.rate}, bias ${tested.bias}: wins of Leaky ReLU`]!} of 10 pairs; ${(100 * values[`${relu}: dead share of layer 2`]!).toPrecision(3)} % of ReLU's second layer is dead, and its mean gradient is ${(values[`${relu}: gradient`]! / values[`${leaky}: gradient`]!).toPrecision(2)} of Leaky ReLU's: ${dies ? "the ReLU generators are dead" : "not every ReLU generator is dead"}.`,
        ...worse.map(
          ({ rate, bias }) =>
            `ReLU is nearer to the data in at least ${minWins} of 10 pairs at rate ${rate}, bias ${bias}.`,
        ),
      ],
    };
  },
};
