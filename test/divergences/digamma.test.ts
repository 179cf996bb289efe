import { expect, it } from "vitest";

import { digamma } from "../../src/divergences/digamma.ts";
import "../tolerance.ts";

const eulerGamma = 0.5772156649015329;

it("is log gamma's derivative at whole and half numbers, where it has a closed form", () => {
  const harmonic = (n: number) => Array.from({ length: n }, (_, i) => 1 / (i + 1)).reduceRight((sum, x) => sum + x, 0);
  const odd = (n: number) => Array.from({ length: n }, (_, i) => 2 / (2 * i + 1)).reduceRight((sum, x) => sum + x, 0);
  const whole = [1, 2, 9, 10, 11, 40];
  expect(whole.map(digamma)).toBeAllclose(
    whole.map((n) => harmonic(n - 1) - eulerGamma),
    { relative: 0, absolute: 5e-14 },
  );
  const below = [0, 1, 9, 10, 30];
  expect(below.map((n) => digamma(n + 0.5))).toBeAllclose(
    below.map((n) => odd(n) - eulerGamma - 2 * Math.LN2),
    { relative: 0, absolute: 5e-14 },
  );
});
