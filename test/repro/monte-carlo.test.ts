import { describe, expect, it } from "vitest";

import { monteCarloRow as row } from "../../src/repro/monte-carlo.ts";
import { nodeEngine } from "../../src/node/index.ts";
import { type Values } from "../../src/repro/row.ts";

const outcome = await row.run({
  scale: "quick",
  engine: await nodeEngine({ device: "cpu" }),
  open: () => Promise.reject(new Error("no data are opened")),
  say: () => undefined,
  diagnosed: () => undefined,
});
const passes = (changes: Values) => row.verdict({ ...outcome.values, ...changes }, "quick").passed;

describe("monte-carlo", () => {
  const { values, pictures } = outcome;

  it("has the theoretical error of a mean, sd / sqrt(n), and log p(x) of a normal distribution", () => {
    for (const count of [100, 1000, 10_000]) {
      // Of 100 repetitions the root mean square is known to 7 %, more where exp(x) is skewed.
      const expected = Math.sqrt((Math.E * (Math.E - 1)) / count);
      expect(Math.abs(values[`mean/${count}/error`]! / expected - 1)).toBeLessThan(0.35);
    }
    // Ten coordinates, each one deviation out: -1/2 log(2 pi 1.09) - 1/2.
    expect(values["logP/exact"]).toBeCloseTo(-5 * Math.log(2 * Math.PI * 1.09) - 5, 9);
  });

  it("underestimates log p(x) by samples from the prior, and has an unbiased mean weight by a proposal", () => {
    expect(values["logP/prior/10000/bias"]).toBeLessThan(-2);
    expect(Math.abs(values["logP/importance/10000/bias"]!)).toBeLessThan(
      4 * values["logP/importance/10000/biasStderr"]!,
    );
    // Of a proposal 1.2 times as wide as the posterior, n / (1 + Var(w)) = (1.2 ^ -2 sqrt(2 1.44 - 1)) ^ 10.
    const share = (Math.sqrt(2 * 1.44 - 1) / 1.44) ** 10;
    expect(values["logP/importance/10000/effectiveShare"]).toBeCloseTo(share, 2);
  });

  it("misses its criterion if the error decreases otherwise, or importance sampling is no better", () => {
    expect(passes({})).toBe(true);
    expect(passes({ "mean/slope": -0.44 })).toBe(false);
    expect(passes({ "mean/1000/reached": 0.84 })).toBe(false);
    expect(passes({ "logP/importance/10000/spread": values["logP/prior/10000/spread"]! / 9 })).toBe(false);
    expect(passes({ "logP/importance/10/bias": values["logP/prior/10/bias"]! / 9 })).toBe(false);
    expect(passes({ "logP/prior/10000/bias": 0 })).toBe(false);
    expect(passes({ "logP/importance/100/expectedBias": -1 })).toBe(false);
  });

  it("draws both charts", () => {
    expect(Object.keys(pictures!)).toEqual(["error", "likelihood"]);
    expect(String(pictures!.likelihood).match(/<polyline/g)).toHaveLength(2);
  });
});
