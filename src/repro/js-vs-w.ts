import { fromNumbers, ndarray } from "../base/ndarray.ts";
import type { Points } from "../numeric/points.ts";
import {
  discreteJs,
  discreteKl,
  normalJs1d,
  normalJs1dGradient,
  normalKl1d,
  normalLogDensity,
  normalW1d,
} from "../divergences/index.ts";
import { input } from "../graph/tensor.ts";
import { minimax } from "../objectives/index.ts";
import type { Engine } from "../runtime/index.ts";
import { normalQuantile } from "../plot/pictures.ts";
import { type Measure, scatterPlot } from "../plot/plot.ts";
import { costMatrix, exactTransport } from "../transport/index.ts";
import type { Outcome, Row, Values } from "./row.ts";

/** Shifts between two normal distributions, in standard deviations. */
const shifts = [0.5, 1, 2, 4, 8, 12];
/** Shift at which the gradient of JS must be negligible. */
const far = 12;
const gone = 1e-6;
/** Distances between the parallel lines. */
const thetas = [0, 0.5, 1, 2];
/** Number of points on each line. */
const points = 64;

const standard = { mean: 0, deviation: 1 };
const moved = (m: number) => ({ mean: m, deviation: 1 });

/** Value of each divergence between N(m, 1) and N(0, 1). */
const divergences = {
  kl: (m: number) => normalKl1d(standard, moved(m)),
  js: (m: number) => normalJs1d(standard, moved(m)),
  w1: (m: number) => normalW1d(standard, moved(m)),
};

/** Their derivatives with respect to m: for JS by quadrature, for the others from the closed forms m^2 / 2 and |m|. */
const gradients = {
  kl: (m: number) => m,
  js: (m: number) => normalJs1dGradient(standard, moved(m)),
  w1: (m: number) => Math.sign(m),
};

type Name = keyof typeof divergences;
const names = Object.keys(divergences) as Name[];

/** Central difference of fourth order. */
function difference(f: (m: number) => number, m: number): number {
  const h = 1e-3;
  return (8 * (f(m + h) - f(m - h)) - (f(m + 2 * h) - f(m - 2 * h))) / (12 * h);
}

/** A line of points at `theta` along the first axis, as the second goes from 0 to 1. */
function lineAt(theta: number): Points {
  const data = Float64Array.from({ length: 2 * points }, (_, i) =>
    i % 2 === 0 ? theta : Math.floor(i / 2) / (points - 1),
  );
  return ndarray("float64", [points, 2], data);
}

/** Two parallel lines, which are disjoint unless they coincide: as discrete outcomes, and as points. */
function parallelLines(theta: number): Readonly<Record<Name, number>> {
  const outcomes = (first: boolean) => Array.from({ length: 2 * points }, (_, i) => Number(i < points === first));
  const [p, q] = [outcomes(true), outcomes(theta === 0)];
  return { kl: discreteKl(p, q), js: discreteJs(p, q), w1: exactTransport(costMatrix(lineAt(0), lineAt(theta))).cost };
}

/** Equally weighted points that represent a normal distribution: midpoints (in probability) of intervals of equal mass. */
const draws = 20_000;
/** Tolerance for rounding and the finite number of samples. */
const sameJs = 1e-4;

/**
 * The Jensen-Shannon divergence behind the minimax game between N(0, 1) and N(m, 1): (V + log 4) / 2, where V is
 * the value of the loss of `gan` for the optimal discriminator, whose logit is the log ratio of both densities.
 * @source Goodfellow et al., arXiv 1406.2661, theorem 1.
 */
async function gameJs(engine: Engine, m: number): Promise<number> {
  const bestLogits = (mean: number) =>
    fromNumbers(
      Array.from({ length: draws }, (_, i) => {
        const x = mean + normalQuantile((i + 0.5) / draws);
        return normalLogDensity(standard, x) - normalLogDensity(moved(m), x);
      }),
      [draws, 1],
    );
  const [real, fake] = [input("real", [draws, 1]), input("fake", [draws, 1])];
  const game = await engine.compile({ outputs: { loss: minimax.discriminator(real, fake) } });
  const { loss } = await game.run({ real: bestLogits(0), fake: bestLogits(m) });
  await game.release();
  return (Math.log(4) - loss!.data[0]!) / 2;
}

async function valuesOf(engine: Engine): Promise<Values> {
  const values: Record<string, number> = {};
  for (const m of shifts) {
    for (const name of names) {
      values[`${name}/${m}`] = divergences[name](m);
      const gradient = gradients[name](m);
      values[`${name}/gradient/${m}`] = gradient;
      values[`${name}/gradient/${m}/off`] = Math.abs(gradient - difference(divergences[name], m)) / Math.max(1, m);
    }
    values[`js/game/${m}`] = await gameJs(engine, m);
  }
  for (const theta of thetas) {
    const { kl, js, w1 } = parallelLines(theta);
    // JSON has no infinity.
    values[`lines/klIsInfinite/${theta}`] = Number(kl === Infinity);
    if (theta === 0) values["lines/kl/0"] = kl;
    values[`lines/js/${theta}`] = js;
    values[`lines/w1/${theta}`] = w1;
  }
  for (const name of ["js", "w1"] as const) {
    values[`lines/${name}/gradient/1`] = difference((theta) => parallelLines(theta)[name], 1);
  }
  return values;
}

function meetsBar(values: Values): boolean {
  const near = (name: string, value: number, within: number) => Math.abs(values[name]! - value) < within;
  return (
    shifts.every(
      (m) =>
        near(`js/game/${m}`, values[`js/${m}`]!, sameJs) &&
        values[`w1/gradient/${m}`] === 1 &&
        names.every((name) => near(`${name}/gradient/${m}/off`, 0, 1e-8)),
    ) &&
    near(`js/gradient/${far}`, 0, gone) &&
    thetas.every(
      (theta) =>
        values[`lines/klIsInfinite/${theta}`] === Number(theta > 0) &&
        near(`lines/js/${theta}`, theta === 0 ? 0 : Math.LN2, 1e-12) &&
        near(`lines/w1/${theta}`, theta, 1e-9),
    ) &&
    values["lines/kl/0"] === 0 &&
    near("lines/js/gradient/1", 0, 1e-9) &&
    near("lines/w1/gradient/1", 1, 1e-9)
  );
}

/** Curves for shifts up to 10, cut off at `most`. */
function picture(title: string, y: Measure, of: Readonly<Record<Name, (m: number) => number>>, most: number): string {
  const grid = Array.from({ length: 100 }, (_, i) => (i + 1) / 10);
  const series = names.map((name) => {
    const marks = grid.map((m) => ({ x: m, y: of[name](m) })).filter((mark) => mark.y <= most);
    return { name: name.toUpperCase(), marks, joined: true, bare: true };
  });
  return scatterPlot({ title, x: { label: "shift m, in standard deviations" }, y, series });
}

function pictures(): NonNullable<Outcome["pictures"]> {
  const [values, slopes] = [
    { label: "KL and JS in nats, W1 in standard deviations" },
    { label: "derivative for m", log: true },
  ];
  return {
    values: picture("N(m, 1) moving away from N(0, 1)", values, divergences, 5),
    gradients: picture("Gradients with respect to m", slopes, gradients, Infinity),
  };
}

export const jsVsWRow: Row = {
  name: "js-vs-w",
  summary:
    "KL, JS and W1 with their gradients as N(m, 1) moves away from N(0, 1), and between disjoint parallel lines; js/game is (V + log 4) / 2, where V is the value of the minimax loss at the optimal discriminator",
  source: "Arjovsky et al., arXiv 1701.07875, example 1; exact: KL = m^2 / 2, W1 = |m|, JS by quadrature",
  criterion: `at a shift of ${far} the gradient of JS is below ${gone.toExponential()}, that of W1 is 1 at every shift, all confirmed by finite differences; (V + log 4) / 2 equals JS to ${sameJs.toExponential()}; parallel lines at distance theta have infinite KL, JS = log 2 with gradient 0, and W1 = theta with gradient 1`,
  paper: {
    "lines/js/0.5": Math.LN2,
    "lines/js/1": Math.LN2,
    "lines/js/2": Math.LN2,
    "lines/w1/0.5": 0.5,
    "lines/w1/1": 1,
    "lines/w1/2": 2,
  },
  scales: { quick: "all of it", full: `${shifts.length} shifts; lines of ${points} points` },
  run: async (context) => {
    const values = await valuesOf(context.engine);
    for (const m of shifts) {
      const texts = names.map(
        (name) =>
          `${name} ${values[`${name}/${m}`]!.toPrecision(4)} (${values[`${name}/gradient/${m}`]!.toExponential(2)})`,
      );
      context.say(`m ${m}: ${texts.join(", ")}`);
    }
    return { values, seeds: [], pictures: pictures() };
  },
  verdict: (values) => ({ passed: meetsBar(values) }),
};
