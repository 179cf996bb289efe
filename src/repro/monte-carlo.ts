import { key, fold, normal } from "../base/random.ts";
import { logMarginal, monteCarlo } from "../estimators/index.ts";
import { type Scatter, scatterPlot } from "../plot/plot.ts";
import type { Outcome, Row, RowContext, Scale, Values } from "./row.ts";

const seed = 1;
/** Numbers of draws per estimate. */
const counts = [10, 100, 1000, 10_000];
const repeats: Readonly<Record<Scale, number>> = { quick: 100, full: 1000 };

// E[exp(x)] of x ~ N(0, 1).
const exactMean = Math.exp(0.5);
const exactDeviation = Math.sqrt(Math.E * (Math.E - 1));

// A latent-variable model whose marginal likelihood is known: z ~ N(0, I), x | z ~ N(z, s^2 I), so x ~ N(0, (1 + s^2) I).
const dimensions = 10;
const deviation = 0.3;
/** An x all of whose coordinates are one standard deviation of p(x). */
const coordinate = Math.sqrt(1 + deviation ** 2);
const exactLog = dimensions * logNormal(coordinate, 0, coordinate);
/** The exact posterior of a coordinate, N(x / (1 + s^2), s^2 / (1 + s^2)). The proposal q is wider, because a fitted one is not exact. */
const posterior = { mean: 1 / coordinate, deviation: deviation / coordinate };
const widening = 1.2;

function logNormal(x: number, mean: number, deviation: number): number {
  return -0.5 * ((x - mean) / deviation) ** 2 - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI);
}

/** How z is drawn, and the log weight of a coordinate: log p(x | z) + log p(z) - log q(z). */
const proposals = {
  prior: { mean: 0, deviation: 1 },
  importance: { mean: posterior.mean, deviation: widening * posterior.deviation },
} as const;
type Proposal = keyof typeof proposals;
const names = Object.keys(proposals) as Proposal[];

/** Log weights of `count` draws of z. */
function logWeights(name: Proposal, count: number, repeat: number): Float64Array {
  const q = proposals[name];
  const noise = normal(fold(key(seed), "log p(x)", name, count, repeat), [count, dimensions]).data;
  const out = new Float64Array(count);
  for (let l = 0; l < count; l++) {
    for (let j = 0; j < dimensions; j++) {
      const z = q.mean + q.deviation * noise[l * dimensions + j]!;
      out[l]! += logNormal(coordinate, z, deviation) + logNormal(z, 0, 1) - logNormal(z, q.mean, q.deviation);
    }
  }
  return out;
}

/** Over repetitions of the estimate of E[exp(x)]: its root mean squared error, and how often the exact value is within two standard errors. */
function meansOf(times: number): Values {
  const values: Record<string, number> = {};
  for (const count of counts) {
    let [squares, reached] = [0, 0];
    for (let repeat = 0; repeat < times; repeat++) {
      const draws = normal(fold(key(seed), "mean", count, repeat), [count]).data;
      const { mean, stderr } = monteCarlo(Float64Array.from(draws, Math.exp));
      squares += (mean - exactMean) ** 2 / times;
      reached += Number(Math.abs(mean - exactMean) <= 2 * stderr) / times;
    }
    values[`mean/${count}/error`] = Math.sqrt(squares);
    values[`mean/${count}/reached`] = reached;
  }
  values["mean/slope"] = slope(counts.map((count) => [Math.log(count), Math.log(values[`mean/${count}/error`]!)]));
  return values;
}

/** Slope of the least-squares line. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const [mx, my] = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis]! / points.length, 0)) as [
    number,
    number,
  ];
  const across = points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / across;
}

/** Bias and spread of the estimate of log p(x), over repetitions, and the bias that the delta method expects, -Var(w) / (2 n w^2). */
function likelihoodsOf({ say }: RowContext, times: number): Values {
  const values: Record<string, number> = { "logP/exact": exactLog };
  for (const name of names) {
    for (const count of counts) {
      const estimates = Array.from({ length: times }, (_, repeat) => logMarginal(logWeights(name, count, repeat)));
      const { mean, stderr } = monteCarlo(estimates.map(({ value }) => value));
      const at = `logP/${name}/${count}`;
      values[`${at}/bias`] = mean - exactLog;
      values[`${at}/biasStderr`] = stderr;
      values[`${at}/spread`] = stderr * Math.sqrt(times);
      values[`${at}/expectedBias`] = monteCarlo(estimates.map(({ bias }) => bias)).mean;
      values[`${at}/effectiveShare`] = monteCarlo(
        estimates.map(({ effectiveSamples }) => effectiveSamples / count),
      ).mean;
      say(
        `${name}, ${count} draws: bias ${(mean - exactLog).toFixed(4)}, spread ${values[`${at}/spread`]!.toFixed(4)}`,
      );
    }
  }
  return values;
}

function pictures(values: Values): NonNullable<Outcome["pictures"]> {
  const x: Scatter["x"] = { label: "draws n", log: true };
  const marks = (of: (count: number) => number) => counts.map((count) => ({ x: count, y: of(count) }));
  return {
    error: scatterPlot({
      title: "Root mean squared error of a Monte Carlo mean of exp(x), x ~ N(0, 1)",
      x,
      y: { label: "error", log: true },
      series: [
        { name: "measured", marks: marks((count) => values[`mean/${count}/error`]!) },
        { name: "sd / sqrt(n)", marks: marks((count) => exactDeviation / Math.sqrt(count)), joined: true, bare: true },
      ],
    }),
    likelihood: scatterPlot({
      title: `Estimate of log p(x), ${dimensions} latents, minus its exact value`,
      x,
      y: { label: "mean over repetitions, and their spread, in nats" },
      series: names.map((name) => ({
        name: name === "prior" ? "z from the prior" : "z from a proposal",
        marks: counts.map((count) => ({
          x: count,
          y: values[`logP/${name}/${count}/bias`]!,
          error: values[`logP/${name}/${count}/spread`]!,
        })),
        joined: true,
      })),
    }),
  };
}

const slopeWithin = 0.05;
/** Number of draws at which means are nearly normal, and minimum coverage of the interval for at least as many: exp(x) is skewed, so fewer than 95.4 % are expected. */
const [coverageFrom, minCoverage] = [100, 0.85];
const [largest] = counts.toReversed() as [number];

function meetsBar(values: Values): boolean {
  const of = (name: Proposal, count: number, what: string) => values[`logP/${name}/${count}/${what}`]!;
  return (
    Math.abs(values["mean/slope"]! + 0.5) <= slopeWithin &&
    counts.every((count) => count < coverageFrom || values[`mean/${count}/reached`]! >= minCoverage) &&
    counts.every(
      (count) =>
        Math.abs(of("importance", count, "bias")) <= Math.abs(of("prior", count, "bias")) / 10 &&
        of("importance", count, "spread") <= of("prior", count, "spread") / 10,
    ) &&
    of("prior", largest, "bias") < -3 * of("prior", largest, "biasStderr") &&
    Math.abs(of("importance", 100, "bias") - of("importance", 100, "expectedBias")) <=
      3 * of("importance", 100, "biasStderr") + 0.1 * Math.abs(of("importance", 100, "expectedBias"))
  );
}

export const monteCarloRow: Row = {
  name: "monte-carlo",
  summary: `error of a Monte Carlo mean as a function of the number of samples; and error of log p(x) for a model with ${dimensions} Gaussian latents, by samples from the prior and by importance sampling, against its closed form`,
  source:
    "exact: E[exp(x)] = exp(1/2) with variance e (e - 1), x ~ N(0, 1); x ~ N(0, (1 + s^2) I) where z ~ N(0, I) and x | z ~ N(z, s^2 I); bias of a log mean, Owen, Monte Carlo theory, methods and examples, chapter 9",
  criterion: `the error is proportional to n^-0.5, with a tolerance of ${slopeWithin} in the exponent; the interval of two standard errors on either side contains the mean in ${100 * minCoverage} % of cases for at least ${coverageFrom} samples; at every n, importance sampling has at most a tenth of the bias and of the spread of prior sampling, which underestimates log p(x) even with ${largest} samples; with 100 samples its bias is that of the delta method, within 3 standard errors plus a tenth`,
  paper: {},
  scales: {
    quick: `${repeats.quick} repetitions of each estimate`,
    full: `${repeats.full} repetitions of each estimate`,
  },
  run: (context) => {
    const times = repeats[context.scale];
    const values = { ...meansOf(times), ...likelihoodsOf(context, times) };
    return Promise.resolve({ values, seeds: [seed], pictures: pictures(values) });
  },
  verdict: (values) => ({ passed: meetsBar(values) }),
};
