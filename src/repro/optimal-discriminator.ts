import { maxOf, minOf } from "../base/many.ts";
import { type Normal1d, normalLogDensity } from "../divergences/index.ts";
import { integrate, normalIntervals } from "../divergences/quadrature.ts";
import { erfOf } from "../numeric/erf.ts";
import { scatterPlot } from "../plot/index.ts";
import type { Outcome, Row, Values } from "./row.ts";

// DAG's heads see T_k(x) of real and of generated items. Under an invertible T both densities are divided by |T'|, which cancels in
// D* = p / (p + q). Here the densities of T(x) are found without that formula: as derivatives of P(T(x) <= y).

type Mixture = readonly (Normal1d & { readonly weight: number })[];

const data: Mixture = [
  { weight: 0.6, mean: -1, deviation: 0.5 },
  { weight: 0.4, mean: 1.2, deviation: 0.4 },
];
const generated: Mixture = [
  { weight: 0.7, mean: 0.3, deviation: 0.8 },
  { weight: 0.3, mean: 1.8, deviation: 0.3 },
];

const densityOf = (of: Mixture) => (x: number) =>
  of.reduce((sum, { weight, ...normal }) => sum + weight * Math.exp(normalLogDensity(normal, x)), 0);
/** P(x <= t). */
const below = (of: Mixture) => (t: number) =>
  of.reduce((sum, { weight, mean, deviation }) => {
    return sum + (weight * (1 + erfOf((t - mean) / (deviation * Math.SQRT2)))) / 2;
  }, 0);

interface Map1d {
  readonly apply: (x: number) => number;
  /** P(T(x) <= y), from P(x <= t). */
  readonly belowOf: (before: (t: number) => number) => (y: number) => number;
  readonly invertible: boolean;
}

const maps = {
  affine: { apply: (x) => 2 * x + 1, belowOf: (before) => (y) => before((y - 1) / 2), invertible: true },
  reflection: { apply: (x) => -x, belowOf: (before) => (y) => 1 - before(-y), invertible: true },
  sinh: { apply: Math.sinh, belowOf: (before) => (y) => before(Math.asinh(y)), invertible: true },
  exp: { apply: Math.exp, belowOf: (before) => (y) => before(Math.log(y)), invertible: true },
  fold: { apply: Math.abs, belowOf: (before) => (y) => before(y) - before(-y), invertible: false },
} as const satisfies Readonly<Record<string, Map1d>>;
type Name = keyof typeof maps;
const names = Object.keys(maps) as Name[];

/** Derivative by the five-point central difference. */
function derivative(f: (x: number) => number, x: number): number {
  const h = 1e-3 * Math.max(Math.abs(x), 1e-2);
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

/** Density of T(x). */
function pushed(of: Mixture, { belowOf }: Map1d): (y: number) => number {
  const f = belowOf(below(of));
  return (y) => derivative(f, y);
}

const best = (p: number, q: number) => p / (p + q);

/** Points at which the sum of the densities is not negligible. At 0, the fold is not differentiable. */
const places = Array.from({ length: 400 }, (_, i) => (i - 199.5) / 50).filter(
  (x) => densityOf(data)(x) + densityOf(generated)(x) > 1e-4,
);

/** JS in nats of two densities, integrated over adjacent intervals. */
function js(p: (y: number) => number, q: (y: number) => number, ends: ArrayLike<number>): number {
  const half = (own: number, other: number) => (own <= 0 ? 0 : own * Math.log((2 * own) / (own + other)));
  return integrate((y) => (half(p(y), q(y)) + half(q(y), p(y))) / 2, ends);
}

/** From -5 to 5, beyond which neither density is above 1e-13. */
const ends = normalIntervals(...data, ...generated).filter((x) => Math.abs(x) <= 5);

function under(name: Name): Values {
  const map: Map1d = maps[name];
  const [p, q] = [pushed(data, map), pushed(generated, map)];
  const differences = places.map((x) => {
    const y = map.apply(x);
    return Math.abs(best(p(y), q(y)) - best(densityOf(data)(x), densityOf(generated)(x)));
  });
  const ratios = places.map((x) => densityOf(data)(x) / p(map.apply(x)));
  const mapped = Float64Array.from(ends, map.apply).sort();
  return {
    [`${name}/difference`]: maxOf(differences),
    [`${name}/js`]: js(p, q, mapped),
    ...(map.invertible && { [`${name}/leastJacobian`]: minOf(ratios), [`${name}/largestJacobian`]: maxOf(ratios) }),
  };
}

const tolerance = 1e-6;
const [minDifference, minLoss] = [0.1, 0.01];

function meetsBar(values: Values): boolean {
  const plain = values["none/js"]!;
  return names.every((name) => {
    const [difference, own] = [values[`${name}/difference`]!, values[`${name}/js`]!];
    return maps[name].invertible
      ? difference < tolerance && Math.abs(own - plain) < tolerance
      : difference > minDifference && own < plain - minLoss;
  });
}

function pictures(): NonNullable<Outcome["pictures"]> {
  const [p, q] = [densityOf(data), densityOf(generated)];
  const curve = (name: string, at: readonly number[], of: (x: number) => number) => ({
    name,
    marks: at.map((x) => ({ x, y: of(x) })),
    joined: true,
    bare: true,
  });
  const [pSinh, qSinh] = [pushed(data, maps.sinh), pushed(generated, maps.sinh)];
  const stretched = places.map(Math.sinh).filter((y) => Math.abs(y) <= 6);
  return {
    densities: scatterPlot({
      title: "Densities of x, and of sinh(x)",
      x: { label: "x, and sinh(x)" },
      y: { label: "density" },
      series: [
        curve("data, x", places, p),
        curve("generated, x", places, q),
        curve("data, sinh(x)", stretched, pSinh),
        curve("generated, sinh(x)", stretched, qSinh),
      ],
    }),
    discriminators: scatterPlot({
      title: "Optimal discriminators of T(x), over x",
      x: { label: "x" },
      y: { label: "probability of real, D(T(x))" },
      series: [
        curve("D* of x", places, (x) => best(p(x), q(x))),
        ...(["sinh", "exp", "fold"] as const).map((name) => {
          const [pOf, qOf] = [pushed(data, maps[name]), pushed(generated, maps[name])];
          return curve(`T: ${name === "fold" ? "|x|" : name}`, places, (x) => {
            const y = maps[name].apply(x);
            return best(pOf(y), qOf(y));
          });
        }),
      ],
    }),
  };
}

export const optimalDiscriminatorRow: Row = {
  name: "optimal-discriminator",
  summary:
    "optimal discriminator of T(x) against that of x, for two mixtures of normal densities on a line and invertible T (affine, reflection, sinh, exp), whose Jacobian cancels, and for T = |x|, which is not invertible: largest difference, JS in nats, and smallest and largest |T'|",
  source:
    "Tran et al., arXiv 2006.05338, section 4: the optimal discriminator of the transformed distributions; exact: densities of T(x) as derivatives of P(T(x) <= y), not by the change of variables",
  criterion: `for each invertible T, D of T(x) is D* of x and JS is that without T, to ${tolerance.toExponential()}; for |x|, D differs by more than ${minDifference} somewhere and JS is lower by more than ${minLoss}`,
  paper: {},
  scales: { quick: "all of it", full: `${places.length} points; JS by quadrature on ${ends.length - 1} intervals` },
  run: ({ say }) => {
    const values: Record<string, number> = { "none/js": js(densityOf(data), densityOf(generated), ends) };
    for (const name of names) {
      Object.assign(values, under(name));
      say(
        `${name}: difference ${values[`${name}/difference`]!.toExponential(1)}, JS ${values[`${name}/js`]!.toFixed(6)}`,
      );
    }
    return Promise.resolve({ values, seeds: [], pictures: pictures() });
  },
  verdict: (values) => ({ passed: meetsBar(values) }),
};
