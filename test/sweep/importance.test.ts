import { expect, it } from "vitest";

import { fold, key, uniform } from "../../src/base/random.ts";
import { importances } from "../../src/sweep/importance.ts";
import type { ConfigurationRow } from "../../src/sweep/table.ts";

const rowsOf = (all: readonly { parameters: Record<string, number | string>; mean: number }[]): ConfigurationRow[] =>
  all.map(({ parameters, mean }, configuration) => {
    return { configuration, parameters, mean, status: "done", stderr: null, n: 1, steps: 1, trials: [], reason: null };
  });
const shares = (rows: ConfigurationRow[], parameters: string[]) =>
  Object.fromEntries(importances({ rows, parameters }).map(({ parameter, share }) => [parameter, share]));

it("is the fraction of variance that a parameter explains, 0 for chance", () => {
  // Over many sweeps of independent draws, y = 3 a + b + noise with a, b and c uniform.
  const sums = { a: 0, b: 0, c: 0 };
  const sweeps = 200;
  for (let i = 0; i < sweeps; i++) {
    const draws = uniform(fold(key(1), i), [24, 4]).data;
    const rows = rowsOf(
      Array.from({ length: 24 }, (_, j) => {
        const [a, b, c, noise] = draws.slice(4 * j, 4 * j + 4) as unknown as [number, number, number, number];
        return { parameters: { a, b, c }, mean: 3 * a + b + noise };
      }),
    );
    const found = shares(rows, ["a", "b", "c"]);
    for (const name of ["a", "b", "c"] as const) sums[name] += found[name]! / sweeps;
  }
  // Of variances 9, 1 and 1 in 11; quarters of a uniform variable explain 15 / 16 of it.
  expect(sums.a).toBeGreaterThan(0.7);
  expect(sums.a).toBeLessThan(0.82);
  // What chance gives a parameter without any effect; uncorrected it would be 3 / 23.
  expect(sums.c).toBeLessThan(0.06);
  expect(sums.b).toBeGreaterThan(sums.c);
});

it("does not treat values unique to each configuration as an explanation", () => {
  const rows = rowsOf(
    [0.3, 0.1, 0.2, 0.5, 0.4, 0.6].map((rate, i) => ({ parameters: { rate }, mean: [3, 1, 2, 2, 1, 3][i]! })),
  );
  expect(shares(rows, ["rate"])["rate"]).toBeLessThan(0.5);
});

it("is 1 if groups differ and their members do not, and undefined for equal means", () => {
  const of = (means: number[]) => rowsOf(means.map((mean, i) => ({ parameters: { kind: i < 2 ? "x" : "y" }, mean })));
  expect(shares(of([1, 1, 5, 5]), ["kind"])).toEqual({ kind: 1 });
  expect(shares(of([2, 2, 2, 2]), ["kind"])).toEqual({ kind: 0 });
});
