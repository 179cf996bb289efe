import { type Normal1d, normalJs1d, normalJs1dGradient } from "../divergences/index.ts";
import { scatterPlot } from "../plot/plot.ts";
import type { Outcome, Row, Values } from "./row.ts";

// Instance noise: N(0, s^2) on the inputs of the discriminator, real and generated. Real data N(0, d^2) and generated data
// N(m, d^2) become N(0, d^2 + s^2) and N(m, d^2 + s^2), whose Jensen-Shannon divergence and its derivative with respect to m are integrals.

/** Standard deviation of either distribution, and their distance: their overlap is below floating-point precision. */
const deviation = 0.1;
const start = 10;
/** Standard deviations of the noise. */
const noises = [0, 0.5, 1, 2, 4, 8];
/** Gradient below which a generator makes no progress. */
const gone = 1e-6;

const widened = (mean: number, noise: number): Normal1d => ({ mean, deviation: Math.hypot(deviation, noise) });
const jsAt = (m: number, noise: number) => normalJs1d(widened(0, noise), widened(m, noise));
const gradientAt = (m: number, noise: number) => normalJs1dGradient(widened(0, noise), widened(m, noise));

/** Distance of two distributions that differ in a detail: one standard deviation. */
const detail = deviation;

/** Gradient descent on m: a generator with a single parameter, against the optimal discriminator at every step. */
const [steps, rate] = [3000, 0.05];
const strongest = 4;
/** Standard deviation of the noise as a function of the fraction of the descent that is done. */
const schedules = {
  none: () => 0,
  constant: () => strongest,
  annealed: (done: number) => strongest * (1 - done),
} as const;
type Schedule = keyof typeof schedules;
const names = Object.keys(schedules) as Schedule[];

/** The value of m before each step, and at the end. */
function descent(schedule: (done: number) => number): number[] {
  const path = [start];
  for (let step = 0; step < steps; step++) {
    const m = path.at(-1)!;
    path.push(m - rate * gradientAt(m, schedule(step / steps)));
  }
  return path;
}

function meetsBar(values: Values): boolean {
  return (
    Math.abs(values["js/0"]! - Math.LN2) < gone &&
    Math.abs(values["gradient/0"]!) < gone &&
    values[`gradient/${strongest}`]! > minGradient &&
    values[`js/${strongest}`]! < 0.9 * Math.LN2 &&
    values["detail/0"]! > minContrast * values[`detail/${strongest}`]! &&
    Math.abs(values["end/none"]! - start) < gone &&
    values["end/annealed"]! < deviation / 10 &&
    values["end/constant"]! > deviation
  );
}

const [minGradient, minContrast] = [0.01, 100];

function pictures(paths: Readonly<Record<Schedule, readonly number[]>>): NonNullable<Outcome["pictures"]> {
  const grid = Array.from({ length: 160 }, (_, i) => (i + 1) / 10);
  const distances = [2, 5, start];
  const every = Array.from({ length: 101 }, (_, i) => (i * steps) / 100);
  return {
    gradient: scatterPlot({
      title: "Gradient of JS for the distance m, by instance noise",
      x: { label: "standard deviation s of the noise" },
      y: { label: "dJS / dm in nats" },
      series: distances.map((m) => ({
        name: `m = ${m}`,
        marks: grid.map((noise) => ({ x: noise, y: gradientAt(m, noise) })),
        joined: true,
        bare: true,
      })),
    }),
    descent: scatterPlot({
      title: `Descent of m from ${start} to 0, by noise schedule`,
      x: { label: "step" },
      y: { label: "m" },
      series: names.map((name) => ({
        name: name === "none" ? "no noise" : `${name}, s = ${strongest}`,
        marks: every.map((step) => ({ x: step, y: paths[name][step]! })),
        joined: true,
        bare: true,
      })),
    }),
  };
}

export const overlapByNoiseRow: Row = {
  name: "overlap-by-noise",
  summary: `instance noise with standard deviation s makes N(0, ${deviation}^2) and N(m, ${deviation}^2) overlap: JS and its gradient at m = ${start} as functions of s; the fraction that remains of the JS of a difference of ${detail} (detail); and where ${steps} steps of gradient descent on m end (end) without noise, with constant and with annealed noise`,
  source:
    "Arjovsky, Bottou, arXiv 1701.04862, sections 2 and 3; Sonderby et al., arXiv 1610.04490; JS of normal distributions by quadrature",
  criterion: `without noise, JS is log 2 and its gradient below ${gone.toExponential()}, so m does not move; with s = ${strongest} the gradient is above ${minGradient}, but a difference of ${detail} has less than 1 / ${minContrast} of its JS; annealed noise ends within ${deviation / 10} of 0, constant noise beyond ${deviation}`,
  paper: {},
  scales: {
    quick: "all of it",
    full: `${noises.length} noise levels; ${steps} steps of gradient descent with learning rate ${rate}`,
  },
  run: ({ say }) => {
    const values: Record<string, number> = {};
    for (const noise of noises) {
      values[`js/${noise}`] = jsAt(start, noise);
      values[`gradient/${noise}`] = gradientAt(start, noise);
      values[`detail/${noise}`] = jsAt(detail, noise);
      say(`s ${noise}: JS ${jsAt(start, noise).toFixed(4)}, gradient ${gradientAt(start, noise).toExponential(2)}`);
    }
    const paths = Object.fromEntries(names.map((name) => [name, descent(schedules[name])])) as unknown as Readonly<
      Record<Schedule, readonly number[]>
    >;
    for (const name of names) values[`end/${name}`] = Math.abs(paths[name].at(-1)!);
    return Promise.resolve({ values, seeds: [], pictures: pictures(paths) });
  },
  verdict: (values) => ({ passed: meetsBar(values) }),
};
