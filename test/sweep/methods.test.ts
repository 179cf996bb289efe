import { describe, expect, it } from "vitest";

import { fold, key } from "../../src/base/random.ts";
import { OptionError } from "../../src/base/errors.ts";
import { gan, vae } from "../../src/models/index.ts";
import { methods, parseSweepFile } from "../../src/sweep/index.ts";
import { type Space, shareAt, spaceOf, valueAt } from "../../src/sweep/space.ts";

const base = { recipe: "vae", data: "mnist", method: "grid", metric: { name: "elbo" } };
const file = (parameters: object, more: object = {}) => parseSweepFile({ ...base, ...more, parameters }, "s.yaml");
const space = (parameters: object): Space => spaceOf(file(parameters), vae.definition, "s.yaml");
const method = (name: string) => methods.find((known) => known.name === name)!;
const proposed = (name: string, of: Space, count: number) =>
  Array.from({ length: count }, (_, number) =>
    method(name).propose({ space: of, number, key: fold(key(0), number), known: [] }),
  );

describe("grid", () => {
  it("is the product of all values, the last parameter fastest, and ends", () => {
    const of = space({ latent: { values: [2, 4] }, learningRate: 0.1, batch: { min: 3, max: 5 } });
    const all = [2, 4].flatMap((latent) => [3, 4, 5].map((batch) => ({ latent, learningRate: 0.1, batch })));
    expect(proposed("grid", of, 7)).toEqual([...all, null]);
  });
});

describe("random", () => {
  const draws = (parameter: object, count = 4000) =>
    proposed("random", space({ learningRate: parameter }), count).map((one) => one!["learningRate"] as number);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it("draws uniformly", () => {
    const values = draws({ min: 1, max: 3.5 });
    // Mean 2.25 and variance 2.5^2 / 12: five standard errors.
    expect(Math.abs(mean(values) - 2.25)).toBeLessThan((5 * 2.5) / Math.sqrt(12 * 4000));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...values)).toBeLessThanOrEqual(3.5);
  });

  it("draws uniformly in the logarithm", () => {
    const logs = draws({ min: 1e-4, max: 1e-1, distribution: "log_uniform_values" }).map(Math.log10);
    expect(Math.abs(mean(logs) + 2.5)).toBeLessThan((5 * 3) / Math.sqrt(12 * 4000));
  });

  it("draws whole numbers with both ends, each as often", () => {
    const values = draws({ min: 1, max: 4 });
    for (const value of [1, 2, 3, 4]) {
      const count = values.filter((one) => one === value).length;
      expect(Math.abs(count - 1000), String(value)).toBeLessThan(5 * Math.sqrt(1000 * 0.75));
    }
  });
});

it("maps values of a range to shares and back", () => {
  for (const domain of [
    { kind: "range", min: 2, max: 9, log: false, whole: true },
    { kind: "range", min: 2, max: 9, log: false, whole: false },
    { kind: "range", min: 1e-5, max: 10, log: true, whole: false },
  ] as const) {
    for (const value of [domain.min, domain.whole ? 5 : 0.3 * domain.min + 0.7 * domain.max, domain.max]) {
      expect(valueAt(domain, shareAt(domain, value))).toBeCloseTo(value, 8);
    }
  }
});

describe("a sweep file is rejected", () => {
  const refused = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      expect(error).toBeInstanceOf(OptionError);
      return `${(error as Error).message}; ${(error as OptionError).hint}`;
    }
    return expect.unreachable("it was not refused");
  };

  it.each<[what: string, parameters: object, words: string]>([
    [
      "an unknown parameter",
      { latnt: 2 },
      "parameters.latnt must be an option of vae, of training or of the data; did you mean latent?",
    ],
    ["a seed", { seed: 2 }, "seeds go into the entry seeds"],
    ["a range from above", { latent: { min: 4, max: 2 } }, "min must be less than max - got 4 and 2"],
    ["a range of one end", { latent: { min: 4 } }, "min must be less than max - got 4 and none"],
    [
      "values and a range",
      { latent: { min: 1, max: 4, values: [1] } },
      "must have one of value, values, or min and max",
    ],
    [
      "a logarithm of 0",
      { learningRate: { min: 0, max: 1, distribution: "log_uniform_values" } },
      "needs a min above 0 - got 0",
    ],
    [
      "parts of whole numbers",
      { latent: { min: 1.5, max: 4, distribution: "int_uniform" } },
      "int_uniform needs whole numbers",
    ],
  ])("for %s", (_, parameters, words) => {
    expect(refused(() => space(parameters))).toContain(words);
  });

  it.each<[what: string, raw: object, words: string]>([
    ["an unknown entry", { ...base, parameters: {}, sedes: 3 }, "s.yaml: there is no entry sedes; did you mean seeds?"],
    [
      "an unknown entry within",
      { ...base, parameters: {}, metric: { nme: "elbo", name: "elbo" } },
      "there is no entry metric.nme; did you mean name?",
    ],
    ["a method that is not there", { ...base, method: "bayes", parameters: {} }, "method must be one of grid, random"],
    ["no metric", { recipe: "vae", data: "mnist", method: "grid", parameters: {} }, "metric is missing"],
    [
      "no seed",
      { ...base, parameters: {}, seeds: 0 },
      "seeds must be a number of seeds from 1, or a list of seeds from 0 - got 0",
    ],
  ])("for %s", (_, raw, words) => {
    expect(refused(() => parseSweepFile(raw, "s.yaml"))).toContain(words);
  });

  it("for an option that two sections have, and takes it with its section", () => {
    const options = [...Object.keys(gan.definition.options.shape), ...Object.keys(vae.definition.options.shape)];
    expect(options).not.toContain("model.latent");
    expect(space({ "model.latent": 3 })[0]).toMatchObject({ section: "model", option: "latent" });
  });
});
