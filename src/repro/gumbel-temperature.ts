import { grad } from "../autodiff/index.ts";
import { full, fromNumbers } from "../base/ndarray.ts";
import { fold, key, uniform } from "../base/random.ts";
import { sampleGumbelSoftmax, straightThrough } from "../distributions/index.ts";
import { monteCarlo } from "../estimators/index.ts";
import { constant, input } from "../graph/tensor.ts";
import { gradientVariance } from "../metrics/index.ts";
import { categoricalVae } from "../models/index.ts";
import { mul, square, sub, sum } from "../ops/index.ts";
import { scatterPlot } from "../plot/index.ts";
import { evaluate } from "../evaluation/index.ts";
import { type Row, type RowContext, type Values, fit, isRising } from "./row.ts";

const seed = 1;
const temperatures = [2, 1, 0.5, 0.1, 0.01];
const estimators = { soft: "gumbel-softmax", straight: "straight-through" } as const;
type Estimator = keyof typeof estimators;

/** Results of one estimator by temperature. */
export interface Sweep {
  readonly bias: readonly Estimate[];
  readonly toyVariance: readonly Estimate[];
  readonly modelVariance: readonly Estimate[];
  /** Root mean square over draws of the norm of the model's gradient. */
  readonly modelNorm: readonly number[];
}

interface Estimate {
  readonly value: number;
  readonly stderr: number;
}

/**
 * A choice between two, with probability sigmoid(theta) for the first, and cost (y - target)^4, where y is 1 for the first and
 * 0 for the second.
 */
export const toy = { theta: -1, target: 0.2 } as const;

/** The gradient of the expected cost with respect to theta: p (1 - p) (f(1) - f(0)). */
export function exactGradient({ theta, target }: typeof toy): number {
  const p = 1 / (1 + Math.exp(-theta));
  return p * (1 - p) * ((1 - target) ** 4 - target ** 4);
}

const perCall = 50_000;

/** Gradients with respect to theta, one per draw. */
export async function toyGradients(
  { engine }: Pick<RowContext, "engine">,
  estimator: Estimator,
  temperature: number,
  draws: number,
): Promise<Float64Array> {
  const theta = input("theta", [perCall, 1]);
  const first = constant(fromNumbers([1, 0], [2]));
  const soft = sampleGumbelSoftmax(mul(theta, first), input("noise", [perCall, 2]), input("temperature", []));
  const y = sum(mul(estimator === "soft" ? soft : straightThrough(soft), first), { axes: [1] });
  const [gradient] = grad(sum(square(square(sub(y, toy.target)))), [theta]);
  const compiled = await engine.compile({ outputs: { gradient: gradient! } });
  const feeds = { theta: full([perCall, 1], toy.theta), temperature: full([], temperature) };
  const all = new Float64Array(Math.ceil(draws / perCall) * perCall);
  for (let start = 0; start < all.length; start += perCall) {
    const noise = uniform(fold(key(seed), "gumbel-temperature", start), [perCall, 2]);
    all.set((await compiled.run({ ...feeds, noise })).gradient!.data as Float32Array, start);
  }
  await compiled.release();
  return all;
}

/**
 * Whether the variance grows with each lower temperature, and the bias in the toy problem shrinks for relaxed draws and stays
 * constant for the others.
 */
function meetsBar(values: Values): boolean {
  const over = (name: string) => temperatures.map((temperature) => values[`${name}Tau${temperature}`]!);
  const variances = ["softToyVariance", "softVariance", "straightToyVariance", "straightVariance"];
  const left = `straightToyBiasTau${temperatures.at(-1)!}`;
  return (
    variances.every((name) => isRising(over(name))) &&
    isRising(over("softToyBias").map((bias) => -Math.abs(bias))) &&
    Math.abs(values[left]!) > 3 * values[`${left}Stderr`]!
  );
}

/** Exponent of the variance as a power of the temperature, between two temperatures. */
function exponent(variance: readonly Estimate[], from: number, to: number): number {
  const at = (temperature: number) => variance[temperatures.indexOf(temperature)]!.value;
  return Math.log(at(to) / at(from)) / Math.log(to / from);
}

async function sweepToy(context: RowContext, estimator: Estimator) {
  const draws = context.scale === "quick" ? 200_000 : 5_000_000;
  const [bias, toyVariance]: [Estimate[], Estimate[]] = [[], []];
  for (const temperature of temperatures) {
    const gradients = await toyGradients(context, estimator, temperature, draws);
    const { mean, stderr } = monteCarlo(gradients);
    const squares = monteCarlo(gradients.map((value) => (value - mean) ** 2));
    bias.push({ value: mean - exactGradient(toy), stderr });
    toyVariance.push({ value: squares.mean, stderr: squares.stderr });
  }
  return { bias, toyVariance };
}

/** The gradient of the encoder on one batch, for one trained model with all temperatures and both estimators. */
async function sweepModel(
  context: RowContext,
): Promise<Readonly<Record<Estimator, Pick<Sweep, "modelVariance" | "modelNorm">>>> {
  const quick = context.scale === "quick";
  const data = await context.open("mnist");
  const model = categoricalVae({ hidden: [200], binarize: "fixed" });
  const { trained, close } = await fit(context, "model", model, data, { epochs: quick ? 1 : 10, batch: 100, seed });
  const measure = async (estimator: Estimator) => {
    const [modelVariance, modelNorm]: [Estimate[], number[]] = [[], []];
    for (const t of temperatures) {
      const changes = { estimator: estimators[estimator], temperature: t, temperatureFloor: t, temperatureRate: 0 };
      const same = trained.under(changes);
      const options = { net: "encoder", draws: quick ? 100 : 1000, batch: 100 };
      const own = fold(key(seed), "variance");
      const { value, stderr, details } = await evaluate(gradientVariance, same, data.train, "train", own, options);
      await same.release();
      modelVariance.push({ value, stderr });
      modelNorm.push(details.drawNorm as number);
      context.say(`${estimators[estimator]} at ${t}: variance ${value.toPrecision(4)} on the model`);
    }
    return { modelVariance, modelNorm };
  };
  const found = { soft: await measure("soft"), straight: await measure("straight") };
  await close();
  return found;
}

/** All values by name, such as NAMETau0.5, and the exponents between adjacent temperatures. */
export function valuesOf(sweeps: Readonly<Record<Estimator, Sweep>>): Values {
  const values: Record<string, number> = { toyExact: exactGradient(toy) };
  for (const [name, { bias, toyVariance, modelVariance, modelNorm }] of Object.entries(sweeps)) {
    temperatures.forEach((temperature, i) => {
      for (const [quantity, list] of Object.entries({
        ToyBias: bias,
        ToyVariance: toyVariance,
        Variance: modelVariance,
      })) {
        values[`${name}${quantity}Tau${temperature}`] = list[i]!.value;
        values[`${name}${quantity}Tau${temperature}Stderr`] = list[i]!.stderr;
      }
      values[`${name}NormTau${temperature}`] = modelNorm[i]!;
    });
    for (const [quantity, list] of Object.entries({ Toy: toyVariance, Model: modelVariance })) {
      values[`${name}${quantity}ExponentWarm`] = exponent(list, 2, 0.5);
      values[`${name}${quantity}ExponentCold`] = exponent(list, 0.1, 0.01);
    }
  }
  return values;
}

function picturesOf({ soft, straight }: Readonly<Record<Estimator, Sweep>>): Record<string, string> {
  const x = { label: "temperature", log: true };
  const both = (of: (sweep: Sweep) => readonly Estimate[], errors: boolean) =>
    [
      { name: "Gumbel-Softmax", list: of(soft) },
      { name: "straight-through", list: of(straight) },
    ].map(({ name, list }) => ({
      name,
      joined: true,
      marks: list.map(({ value, stderr }, i) => ({ x: temperatures[i]!, y: value, ...(errors && { error: stderr }) })),
    }));
  return {
    variance: scatterPlot({
      title: "Categorical VAE: variance of the encoder's gradient",
      x,
      y: { label: "total variance over parameters", log: true },
      series: both(({ modelVariance }) => modelVariance, false),
    }),
    bias: scatterPlot({
      title: `Bernoulli variable: bias of the gradient ${exactGradient(toy).toFixed(4)}`,
      x,
      y: { label: "mean over draws minus the exact gradient" },
      series: both(({ bias }) => bias, true),
    }),
  };
}

export const gumbelTemperatureRow: Row = {
  name: "gumbel-temperature",
  summary:
    "variance and bias of the Gumbel-Softmax and straight-through gradients as the temperature decreases, for a categorical VAE and for a Bernoulli variable with a known gradient",
  source:
    "Jang et al., arXiv 1611.01144, section 2.2: a statement without numbers that gradients have large variance at small temperatures",
  criterion:
    "every variance grows with each decrease of the temperature through 2, 1, 0.5, 0.1, 0.01; the absolute bias on the toy problem decreases each time for Gumbel-Softmax, while for straight-through it is still nonzero at temperature 0.01, by more than 3 standard errors",
  paper: {},
  scales: {
    quick:
      "a model trained for 1 epoch instead of 10, 100 gradient samples instead of 1000; 200,000 samples of the toy problem instead of 5,000,000",
    full: "a model trained for 10 epochs, 1000 gradient samples on one batch of 100; 5,000,000 samples of the toy problem",
  },
  run: async (context) => {
    const model = await sweepModel(context);
    const sweeps = {
      soft: { ...(await sweepToy(context, "soft")), ...model.soft },
      straight: { ...(await sweepToy(context, "straight")), ...model.straight },
    };
    return { values: valuesOf(sweeps), seeds: [seed], pictures: picturesOf(sweeps) };
  },
  verdict: (values) => ({ passed: meetsBar(values) }),
};
