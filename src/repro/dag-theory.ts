import { fromNumbers, zeros } from "../base/ndarray.ts";
import { maxOf } from "../base/many.ts";
import { discreteJs } from "../divergences/index.ts";
import { evaluate } from "../graph/evaluate.ts";
import { input } from "../graph/tensor.ts";
import { scatterPlot } from "../plot/plot.ts";
import { type ItemTransform, type TransformSet, transformSets, transformsFor } from "../transforms/index.ts";
import {
  type Matrix,
  type Mixture,
  component,
  density,
  densityAlong,
  moved,
  onGrid,
  places,
  pushed,
} from "./plane-mixtures.ts";
import type { Outcome, Row } from "./row.ts";

/** Two mixtures that overlap in part, neither of which is invariant under rotations or reflections. */
const examples: { readonly data: Mixture; readonly generated: Mixture } = {
  data: [component(0.6, [1.8, 0.4], [0.6, 0.2, 0.3]), component(0.4, [0.3, 1.5], [0.3, -0.1, 0.5])],
  generated: [component(0.7, [1.2, 1.0], [0.5, 0, 0.4]), component(0.3, [-1.5, 0.6], [0.4, 0.1, 0.3])],
};

/** JS in nats, as a sum over a grid, which is accurate for smooth densities that vanish at its ends. */
function js(p: Mixture, q: Mixture): number {
  return discreteJs(onGrid(p), onGrid(q));
}

/** The matrix of a transformation of points, from its effect on the basis vectors. */
function matrixOf({ apply }: ItemTransform): Matrix {
  const [image] = evaluate([apply(input("x", [2, 2]))], { x: fromNumbers([1, 0, 0, 1], [2, 2]) });
  const [a, b, c, d] = image!.data as unknown as [number, number, number, number];
  return [
    [a, c],
    [b, d],
  ];
}

const plane = { kind: "points", shape: [2] } as const;
const setNamed = (name: string) => transformSets.find((set) => set.name === name)!;
const turns = transformsFor([setNamed("rotation")], plane).map(matrixOf);
/** Sets with transformations other than the identity. */
const moving = transformSets.filter((set) => set.members.length > 1);

/** Invertible maps by name: those used in training, and two that change lengths. */
function invertible(): Record<string, Matrix> {
  const symmetries = transformsFor([setNamed("rotation"), setNamed("flip")], plane).slice(1);
  return {
    ...Object.fromEntries(symmetries.map((each) => [each.name, matrixOf(each)])),
    shear: [
      [1, 0.7],
      [0, 1],
    ],
    scaling: [
      [1.6, 0],
      [0, 0.5],
    ],
  };
}

/** The output of the optimal discriminator at a point: the probability that it is real. */
function best(p: Mixture, q: Mixture, at: readonly [number, number]): number {
  const [real, fake] = [density(p, at), density(q, at)];
  return real / (real + fake);
}

/** The largest difference between the optimal head of a transformation at T(x) and the optimal discriminator at x. */
function headDifference(by: Matrix): number {
  const { data, generated } = examples;
  const [p, q] = [pushed(by, data), pushed(by, generated)];
  const points = [...places].filter((place) => Math.abs(place) <= 3);
  const differences = points.flatMap((x) =>
    points.map((y) => Math.abs(best(p, q, moved(by, [x, y])) - best(data, generated, [x, y]))),
  );
  return maxOf(differences);
}

/** Points under some of the quarter turns, equally often. */
function under(some: readonly Matrix[], mixture: Mixture): Mixture {
  return some.flatMap((turn) => pushed(turn, mixture).map((each) => ({ ...each, weight: each.weight / some.length })));
}

/** Weighted sum of two densities. */
function blend(share: number, one: Float64Array, other: Float64Array): Float64Array {
  return one.map((value, i) => (1 - share) * value + share * other[i]!);
}

/** The probability p in the example of a discriminator that sees some of the items transformed. */
const someChance = 0.8;

const discriminators = {
  plain: "none, dag",
  "all-turns": "all in one",
  "real-only": "real-only",
  "some-chance": `ada at ${someChance}`,
} as const;

type Discriminator = keyof typeof discriminators;

type SeenBy = (share: number) => Record<Discriminator, number>;

/**
 * JS in nats that each discriminator measures for a generator that samples the data with a fraction rotated by 90, 180 or 270
 * degrees.
 */
function seenBy(): SeenBy {
  const { data } = examples;
  const turned = under(turns.slice(1), data);
  const [real, fake] = [onGrid(data), onGrid(turned)];
  const [allReal, allFake] = [onGrid(under(turns, data)), onGrid(under(turns, turned))];
  return (share) => {
    const drawn = blend(share, real, fake);
    const allDrawn = blend(share, allReal, allFake);
    return {
      plain: discreteJs(real, drawn),
      "all-turns": discreteJs(allReal, allDrawn),
      "real-only": discreteJs(allReal, drawn),
      "some-chance": discreteJs(blend(someChance, real, allReal), blend(someChance, drawn, allDrawn)),
    };
  };
}

const side = 8;

/** JS of two distributions over images of one white pixel, after a transformation of the images. */
function pixelJs({ apply }: ItemTransform): number {
  const count = side * side;
  const images = zeros([count, side, side, 1]);
  images.data.fill(-1);
  for (let i = 0; i < count; i++) images.data[i * count + i] = 1;
  const [made] = evaluate([apply(input("x", images.shape))], { x: images });
  const outcomes = new Map<string, number>();
  const [p, q] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const image = made!.data.slice(i * count, (i + 1) * count).join();
    const outcome = outcomes.get(image) ?? outcomes.size;
    outcomes.set(image, outcome);
    // One has more mass at the top, the other at the left.
    p[outcome]! += 1 + Math.floor(i / side);
    q[outcome]! += 1 + (i % side);
  }
  return discreteJs(p, q);
}

/** The least favourable JS for the criterion among the members of a set other than the identity. */
function pixelJsOf({ name, invertible: can }: TransformSet): number {
  const members = transformsFor([setNamed(name)], { kind: "image", shape: [side, side, 1] }).slice(1);
  const plain = pixelJs(unchangedDigit);
  const against = (value: number) => (can ? Math.abs(value - plain) : value);
  return members.map(pixelJs).reduce((worst, value) => (against(value) > against(worst) ? value : worst));
}

const unchangedDigit: ItemTransform = { name: "identity", apply: (x) => x };

/** Differences above this are not rounding errors. */
const tolerance = 1e-6;

function planeValues(seen: SeenBy): Record<string, number> {
  const { data, generated } = examples;
  const projected = (mixture: Mixture) => places.map((x) => densityAlong(mixture, x));
  const maps = invertible();
  const [all, leaking] = [seen(1), seen(0.75)];
  return {
    js: js(data, generated),
    ...Object.fromEntries(
      Object.entries(maps).map(([name, by]) => [`js/${name}`, js(pushed(by, data), pushed(by, generated))]),
    ),
    headDifference: maxOf(Object.values(maps).map(headDifference)),
    "js/projection": discreteJs(projected(data), projected(generated)),
    "js/all-turns": js(under(turns, data), under(turns, generated)),
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`turned/${name}`, value])),
    "leaking/plain": leaking.plain,
    "leaking/real-only": leaking["real-only"],
  };
}

function imageValues(): Record<string, number> {
  return {
    images: pixelJs(unchangedDigit),
    ...Object.fromEntries(moving.map((set) => [`images/${set.name}`, pixelJsOf(set)])),
  };
}

function passes(values: Readonly<Record<string, number>>): boolean {
  const equal = (a: string, b: string) => Math.abs(values[a]! - values[b]!) < tolerance;
  const below = (a: string, b: string) => values[a]! < values[b]! - tolerance;
  return (
    Object.keys(invertible()).every((name) => equal(`js/${name}`, "js")) &&
    values.headDifference! < tolerance &&
    below("js/projection", "js") &&
    below("js/all-turns", "js") &&
    values["turned/plain"]! > 0.1 &&
    values["turned/some-chance"]! > tolerance &&
    Math.abs(values["turned/all-turns"]!) < tolerance &&
    Math.abs(values["leaking/real-only"]!) < tolerance &&
    values["leaking/plain"]! > 0.1 &&
    moving.every(({ name, invertible: can }) => (can ? equal : below)(`images/${name}`, "images"))
  );
}

function picture(of: SeenBy): string {
  const seen = Array.from({ length: 21 }, (_, i) => ({ share: i / 20, ...of(i / 20) }));
  return scatterPlot({
    title: "JS divergence between data and partly rotated data, by discriminator",
    x: { label: "fraction of generated items that are rotated" },
    y: { label: "JS in nats" },
    series: Object.entries(discriminators).map(([discriminator, name]) => ({
      name,
      marks: seen.map((each) => ({ x: each.share, y: each[discriminator as Discriminator] })),
      joined: true,
      bare: true,
    })),
  });
}

export const dagTheoryRow: Row = {
  name: "dag-theory",
  summary:
    "JS divergence under transformations: unchanged under invertible ones, smaller if one discriminator sees several of them, so that it cannot detect rotated items",
  source: "Tran et al., arXiv 2006.05338; exact, for normal mixtures in the plane and for images of one white pixel",
  criterion: `JS under rotations, reflections, a shear and a scaling, and the outputs of the optimal discriminators, equal to those without transformation to ${tolerance.toExponential()}; JS smaller under a projection, translations and crops, and for all rotations in one discriminator; 0 for all rotations in one discriminator and a generator of rotated items, and for rotated real items and a generator that rotates three quarters of its items`,
  paper: {},
  scales: { quick: "all of it", full: "two mixtures on a grid of 241 by 241 points; 64 images of 8 by 8" },
  run: (context) => {
    const seen = seenBy();
    const values = { ...planeValues(seen), ...imageValues() };
    for (const [name, value] of Object.entries(values)) context.say(`${name} ${value.toPrecision(6)}`);
    const pictures: Outcome["pictures"] = { turned: picture(seen) };
    return Promise.resolve({ values, seeds: [], pictures });
  },
  verdict: (values) => ({ passed: passes(values) }),
};
