import { describe, expect, it } from "vitest";

import { overlapByNoiseRow as row } from "../../src/repro/overlap-by-noise.ts";
import { nodeEngine } from "../../src/node/index.ts";
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

describe("overlap-by-noise", () => {
  const { values, pictures } = outcome;

  it("has the JS divergence of the noised densities, by quadrature", () => {
    for (const noise of [1, 4, 8]) {
      const s = Math.hypot(0.1, noise);
      const density = (x: number, m: number) => Math.exp(-0.5 * ((x - m) / s) ** 2) / (s * Math.sqrt(2 * Math.PI));
      const half = (from: number, to: number) => (x: number) => {
        const [p, q] = [density(x, from), density(x, to)];
        return p === 0 ? 0 : (p / 2) * Math.log((2 * p) / (p + q));
      };
      const js = integral((x) => half(0, 10)(x) + half(10, 0)(x), -60, 70);
      expect(values[`js/${noise}`]).toBeCloseTo(js, 6);
    }
  });

  it("keeps little of a small difference: m^2 / (8 s^2) where that is small", () => {
    expect(values["detail/8"]! / (0.1 ** 2 / (8 * 64.01))).toBeCloseTo(1, 3);
  });

  it("misses its criterion where noise does not help, or constant noise is as good", () => {
    expect(passes({})).toBe(true);
    expect(passes({ "gradient/0": 1e-3 })).toBe(false);
    expect(passes({ "gradient/4": 1e-3 })).toBe(false);
    expect(passes({ "js/4": 0.69 })).toBe(false);
    expect(passes({ "detail/4": 0.01 })).toBe(false);
    expect(passes({ "end/none": 0 })).toBe(false);
    expect(passes({ "end/annealed": 0.02 })).toBe(false);
    expect(passes({ "end/constant": 0.05 })).toBe(false);
  });

  it("draws the gradient and the descents", () => {
    expect(Object.keys(pictures!)).toEqual(["gradient", "descent"]);
    for (const svg of Object.values(pictures!)) expect(String(svg).match(/<polyline/g)).toHaveLength(3);
  });
});
