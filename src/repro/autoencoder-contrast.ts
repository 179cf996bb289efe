import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";
import { fold, key, normal } from "../base/random.ts";
import { range } from "../base/range.ts";
import { matmul, mul, sub, sum, square, max, neg } from "../ops/index.ts";
import { input } from "../graph/tensor.ts";
import { monteCarlo } from "../estimators/index.ts";
import { autoencoder, vae } from "../models/index.ts";
import { scatterPlot } from "../plot/index.ts";
import { type Row, type RowContext, type Scale, type Values, bySeed, fitEach } from "./row.ts";

const models = { vae, autoencoder } as const;
type Name = keyof typeof models;
const names = Object.keys(models) as Name[];

const budgets: Readonly<Record<Scale, { readonly epochs: number; readonly seeds: readonly number[] }>> = {
  quick: { epochs: 2, seeds: [1] },
  full: { epochs: 20, seeds: [11, 12, 13, 14, 15] },
};
const latent = 20;
const drawn = 500;
const compared = 10_000;

/** Squared distance of each item to the nearest of the others, [n], in flattened pixels; the mean over items. */
async function nearest(
  { engine }: RowContext,
  items: NdArray,
  others: NdArray,
): Promise<{ mean: number; stderr: number }> {
  const [n, m] = [items.shape[0]!, others.shape[0]!];
  const d = items.data.length / n;
  const [a, b] = [input("a", [n, d]), input("b", [m, d])];
  const squares = sub(sum(square(b), { axes: [1] }), mul(matmul(a, b, { transposeB: true }), 2));
  const compiled = await engine.compile({
    outputs: { closest: neg(max(neg(squares), { axes: [1] })), own: sum(square(a), { axes: [1] }) },
  });
  const flat = (x: NdArray, rows: number): NdArray => ({ ...x, shape: [rows, d] });
  const { closest, own } = await compiled.run({ a: flat(items, n), b: flat(others, m) });
  await compiled.release();
  return monteCarlo(filled(new Float64Array(closest!.data.length), (i) => closest!.data[i]! + own!.data[i]!));
}

const quantities = ["squaredError", "sampleDistance", "priorDistance"] as const;
type Quantity = (typeof quantities)[number];

function at(values: Values, name: Name, quantity: Quantity, seed?: number): number {
  return values[`${name}/${quantity}${seed === undefined ? "" : `/seed${seed}`}`]!;
}

/** Number of seeds with which the autoencoder has the larger value of a quantity. */
function greater(values: Values, quantity: Quantity, { seeds }: { readonly seeds: readonly number[] }): number {
  return seeds.filter((seed) => at(values, "autoencoder", quantity, seed) > at(values, "vae", quantity, seed)).length;
}

const pairs = budgets.full.seeds.length;

export const autoencoderContrastRow: Row = {
  name: "autoencoder-contrast",
  summary:
    "autoencoder and VAE with the same nets on MNIST: squared error of reconstructions, and squared distance to the nearest training image, for samples (from the prior for the VAE, from a Gaussian fitted to the codes for the autoencoder) and for decoded draws from N(0, I)",
  source: "our own comparison; no published number",
  criterion: `for each of ${pairs} seeds (sign test, p = 0.031 each) the autoencoder has the lower reconstruction error, and its decodings of N(0, I) are farther from the data than those of the VAE. At --scale quick: the same with one seed`,
  paper: {},
  scales: {
    quick: `${budgets.quick.epochs} epochs instead of ${budgets.full.epochs}, one seed instead of ${pairs}`,
    full: `${budgets.full.epochs} epochs each, ${latent} latent dimensions, ${pairs} seeds; errors on the first 1000 test images; ${drawn} samples compared with ${compared} training images`,
  },
  run: async (context) => {
    const { epochs, seeds } = budgets[context.scale];
    const data = await context.open("mnist");
    const train = await data.train.read(range(0, compared));
    const test = await data.test.read(range(0, 1000));
    const trainings = seeds.flatMap((seed) =>
      names.map((name) => ({
        label: `${name}, seed ${seed}`,
        model: models[name]({ latent }),
        data,
        options: { epochs, seed },
        name,
        seed,
      })),
    );
    const found = await fitEach(context, trainings, async (trained, { label, name, seed }) => {
      const ours = fold(key(seed), "contrast");
      const decoded = await trained.decode(await trained.encode(test));
      const errors = filled(new Float64Array(decoded.data.length), (i) => (decoded.data[i]! - test.data[i]!) ** 2);
      const squaredError = (monteCarlo(errors).mean * errors.length) / test.shape[0]!;
      const sampleDistance = (await nearest(context, await trained.sample(ours, drawn), train)).mean;
      const decodings = await trained.decode(normal(ours, [drawn, latent]));
      const priorDistance = (await nearest(context, decodings, train)).mean;
      context.say(
        `${label}: squared error ${squaredError.toFixed(2)}, squared distance of samples ${sampleDistance.toFixed(2)}, of decodings of N(0, I) ${priorDistance.toFixed(2)}`,
      );
      return { name, seed, squaredError, sampleDistance, priorDistance };
    });
    const values: Record<string, number> = { testDistance: (await nearest(context, test, train)).mean };
    for (const name of names) {
      const own = found.filter((one) => one.name === name);
      for (const quantity of quantities) {
        const all = own.map((one) => ({ seed: one.seed, value: one[quantity] }));
        Object.assign(values, bySeed(`${name}/${quantity}`, all));
      }
    }
    return { values, seeds };
  },
  charts: (values) => ({ contrast: contrast(values) }),
  verdict: (values, scale) => {
    const budget = budgets[scale];
    const difference = at(values, "autoencoder", "priorDistance") - at(values, "vae", "priorDistance");
    return {
      passed:
        greater(values, "squaredError", budget) === 0 &&
        greater(values, "priorDistance", budget) === budget.seeds.length,
      remarks: [
        `The autoencoder has the larger reconstruction error for ${greater(values, "squaredError", budget)} of ${budget.seeds.length} seeds. Its decodings of N(0, I) are farther from the data for ${greater(values, "priorDistance", budget)} seeds, by a squared distance of ${difference.toPrecision(3)} on average; the mean squared distance of test images to their nearest training image is ${values.testDistance!.toPrecision(3)}.`,
      ],
    };
  },
};

function contrast(values: Values): string {
  return scatterPlot({
    title: "Autoencoder and VAE: reconstructions and decodings of N(0, I)",
    x: { label: "squared error of reconstructions, per image" },
    y: { label: "squared distance of decoded N(0, I) to the nearest image" },
    series: names.map((name) => ({
      name,
      marks: Object.keys(values)
        .filter((key) => key.startsWith(`${name}/squaredError/seed`))
        .map((key) => ({ x: values[key]!, y: values[key.replace("squaredError", "priorDistance")]! })),
    })),
  });
}
