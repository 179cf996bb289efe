import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";
import { fold, key, normal } from "../base/random.ts";
import { range } from "../base/range.ts";
import { matmul, mul, sub, sum, square, max, neg } from "../ops/index.ts";
import { input } from "../graph/tensor.ts";
import { monteCarlo } from "../estimators/index.ts";
import { autoencoder, vae } from "../models/index.ts";
import { scatterPlot } from "../plot/index.ts";
import { type Row, type RowContext, type Values, fitEach } from "./row.ts";

const seed = 1;
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

/** Distance of samples to the data against reconstruction error. The autoencoder has no prior, so it is sampled in both ways. */
function contrast(values: Values): string {
  const [error, fitted] = [values["autoencoderSquaredError"]!, "from a Gaussian fitted to the codes"];
  return scatterPlot({
    title: "Reconstructions and samples of an autoencoder and a VAE",
    x: { label: "squared error of reconstructions per test image" },
    y: { label: "squared distance of samples to the nearest training image" },
    series: [
      { name: "VAE", marks: [{ x: values["vaeSquaredError"]!, y: values["vaeDrawDistance"]! }] },
      {
        name: "autoencoder",
        marks: [
          { x: error, y: values["autoencoderPriorDistance"]!, label: "from N(0, I)" },
          { x: error, y: values["autoencoderDrawDistance"]!, label: fitted },
        ],
      },
      { name: "test images", marks: [{ x: 0, y: values["realDistance"]! }] },
    ],
  });
}

export const autoencoderContrastRow: Row = {
  name: "autoencoder-contrast",
  summary:
    "autoencoder and VAE with the same nets: reconstruction error, and distance of samples to the nearest training image",
  source: "our own comparison; no published number",
  bar: "the autoencoder has the lower reconstruction error; its decodings of N(0, I) are farther from the data than the VAE's samples",
  paper: {},
  scales: {
    quick: "2 epochs each instead of 20",
    full: "20 epochs each; 500 samples against 10,000 training images",
  },
  run: async (context) => {
    const data = await context.open("mnist");
    const options = { epochs: context.scale === "quick" ? 2 : 20, seed };
    const train = await data.train.read(range(0, compared));
    const test = await data.test.read(range(0, 1000));
    const ours = fold(key(seed), "contrast");
    const values: Record<string, number> = { realDistance: (await nearest(context, test, train)).mean };
    const trainings = [
      { label: "vae", model: vae({ latent }), data, options },
      { label: "autoencoder", model: autoencoder({ latent }), data, options },
    ];
    await fitEach(context, trainings, async (trained, { label: name }) => {
      const decoded = await trained.decode(await trained.encode(test));
      const errors = filled(new Float64Array(decoded.data.length), (i) => (decoded.data[i]! - test.data[i]!) ** 2);
      values[`${name}SquaredError`] = (monteCarlo(errors).mean * errors.length) / test.shape[0]!;
      values[`${name}DrawDistance`] = (await nearest(context, await trained.sample(ours, drawn), train)).mean;
      values[`${name}PriorDistance`] = (
        await nearest(context, await trained.decode(normal(ours, [drawn, latent])), train)
      ).mean;
    });
    context.say(
      Object.entries(values)
        .map(([name, value]) => `${name} ${value.toFixed(2)}`)
        .join("  "),
    );
    return { values, seeds: [seed] };
  },
  charts: (values) => ({ contrast: contrast(values) }),
  verdict: (values) => ({
    passed:
      values.autoencoderSquaredError! < values.vaeSquaredError! &&
      values.autoencoderPriorDistance! > values.vaeDrawDistance!,
  }),
};
