import { describe, expect, it } from "vitest";

import { generatorGradientRow as row } from "../../src/repro/generator-gradient.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { type Values } from "../../src/repro/row.ts";

const { values } = await row.run({
  scale: "quick",
  engine: await nodeEngine({ device: "cpu" }),
  open: () => Promise.reject(new Error("no data are opened")),
  say: () => undefined,
  diagnosed: () => undefined,
});
const passes = (changes: Values) => row.verdict({ ...values, ...changes }, "quick").passed;

describe("generator-gradient", () => {
  it("has a minimax gradient of D times the slope of the logit, and a non-saturating one of 1 - D times it", () => {
    // Late, D is nearly constant over the generated items beside its slope: the ratio of both is the odds of D.
    const odds = values["minimax/3000"]! / values["nonSaturating/3000"]!;
    expect(odds).toBeGreaterThan(values["fooled/3000"]! / 3);
    expect(odds).toBeLessThan(values["fooled/3000"]! * 3);
  });

  it("has the tail of a Cauchy distribution: the size of one is above ten medians with probability 2 / pi atan(1 / 10)", () => {
    expect(values["tail/cauchy"]).toBeCloseTo(0.06345, 5);
    expect(Math.abs(values["tail/nonSaturating"]! - 0.06345)).toBeLessThan(0.001);
    expect(values["tail/minimax"]).toBe(0);
  });

  it("misses its criterion where the minimax gradient stays, the other goes, or the tails are others", () => {
    expect(passes({})).toBe(true);
    expect(passes({ "minimax/3000": values["minimax/1"]! / 50 })).toBe(false);
    expect(passes({ "nonSaturating/3000": 0.01 })).toBe(false);
    expect(passes({ "tail/nonSaturating": 0.0645 })).toBe(false);
    expect(passes({ "tail/minimax": 0.001 })).toBe(false);
  });

  it("draws both charts", () => {
    expect(Object.keys(row.charts!(values))).toEqual(["gradients"]);
    expect(row.charts!(values).gradients!.match(/<polyline/g)).toHaveLength(2);
  });
});
