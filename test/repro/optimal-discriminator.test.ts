import { describe, expect, it } from "vitest";

import { nodeEngine } from "../../src/node/index.ts";
import { optimalDiscriminatorRow as row } from "../../src/repro/optimal-discriminator.ts";
import { type Values } from "../../src/repro/row.ts";
import { integral } from "../distributions/integral.ts";

const outcome = await row.run({
  scale: "full",
  engine: await nodeEngine({ device: "cpu" }),
  open: () => Promise.reject(new Error("no data are opened")),
  say: () => undefined,
  diagnosed: () => undefined,
});
const passes = (changes: Values) => row.verdict({ ...outcome.values, ...changes }, "full").passed;

const normal = (x: number, mean: number, deviation: number) =>
  Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));
const data = (x: number) => 0.6 * normal(x, -1, 0.5) + 0.4 * normal(x, 1.2, 0.4);
const generated = (x: number) => 0.7 * normal(x, 0.3, 0.8) + 0.3 * normal(x, 1.8, 0.3);
const js = (p: (x: number) => number, q: (x: number) => number, from: number) => {
  const half = (own: number, other: number) => (own === 0 ? 0 : (own / 2) * Math.log((2 * own) / (own + other)));
  return integral((x) => half(p(x), q(x)) + half(q(x), p(x)), from, 6);
};

describe("optimal-discriminator", () => {
  const { values, pictures } = outcome;

  it("has the JS divergence of the densities, and of their folds", () => {
    expect(values["none/js"]).toBeCloseTo(js(data, generated, -6), 6);
    const fold = (f: (x: number) => number) => (x: number) => f(x) + f(-x);
    expect(values["fold/js"]).toBeCloseTo(js(fold(data), fold(generated), 0), 6);
  });

  it("has the derivatives of the maps, which it is not given", () => {
    expect(values["affine/leastJacobian"]).toBeCloseTo(2, 4);
    expect(values["affine/largestJacobian"]).toBeCloseTo(2, 4);
    // sinh' = cosh is 1 at 0, to the next place beside it; exp' = exp is largest at the last place.
    expect(values["sinh/leastJacobian"]).toBeCloseTo(Math.cosh(0.01), 4);
    expect(Math.log(values["exp/largestJacobian"]!)).toBeCloseTo(3.53, 4);
  });

  it("misses its criterion where an invertible map changes the discriminator or JS, or the fold does not", () => {
    expect(passes({})).toBe(true);
    expect(passes({ "exp/difference": 1e-5 })).toBe(false);
    expect(passes({ "sinh/js": values["none/js"]! + 1e-5 })).toBe(false);
    expect(passes({ "fold/difference": 0.01 })).toBe(false);
    expect(passes({ "fold/js": values["none/js"]! })).toBe(false);
  });

  it("draws the densities and the discriminators", () => {
    expect(Object.keys(pictures!)).toEqual(["densities", "discriminators"]);
    for (const svg of Object.values(pictures!)) expect(String(svg).match(/<polyline/g)).toHaveLength(4);
  });
});
