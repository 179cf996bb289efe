import fc from "fast-check";

import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { type Points, toPoints } from "../../src/numeric/points.ts";
import { type Key, fold, integers, normal, uniform } from "../../src/base/random.ts";

/** A transport problem: costs [n, m] and weights of both sides. */
export interface Problem {
  readonly costs: NdArray<"float64">;
  readonly source: readonly number[];
  readonly target: readonly number[];
}

export function matrix(rows: readonly (readonly number[])[]): NdArray<"float64"> {
  return ndarray("float64", [rows.length, rows[0]!.length], Float64Array.from(rows.flat()));
}

export function points(rows: readonly (readonly number[])[]): Points {
  return toPoints(matrix(rows), "points");
}

export function cloud(of: Key, n: number, d: number): Points {
  return toPoints(normal(of, [n, d]), "cloud");
}

const kinds = ["plane", "whole", "ties", "negative", "uniform", "holes"] as const;

/** Problems of many kinds: sizes 1 to 18, costs of points, whole costs full of ties, weights equal, whole, real or zero. */
export function randomProblem(of: Key): Problem {
  const [n, m] = [...integers(fold(of, "size"), 2, 18)].map((size) => size + 1) as [number, number];
  const kind = kinds[integers(fold(of, "kind"), 1, kinds.length)[0]!]!;
  const drawn = (name: string, count: number) => [...uniform(fold(of, name), [count]).data];
  const whole = (name: string, count: number, bound: number) => [...integers(fold(of, name), count, bound)];
  const weights = (name: string, count: number): number[] => {
    if (kind === "uniform") return Array.from({ length: count }, () => 1);
    if (kind === "ties") return whole(name, count, 3).map((weight) => weight + 1);
    // One weight at least is above zero.
    if (kind === "holes") return whole(name, count, 3).map((weight, i) => (i === 0 ? 1 : weight));
    return drawn(name, count).map((weight) => weight + 0.01);
  };
  const costs = {
    plane: () => {
      const [x, y] = [drawn("x", 2 * n), drawn("y", 2 * m)];
      return Array.from({ length: n * m }, (_, e) => {
        const [i, j] = [Math.floor(e / m), e % m];
        return Math.hypot(x[2 * i]! - y[2 * j]!, x[2 * i + 1]! - y[2 * j + 1]!);
      });
    },
    whole: () => whole("cost", n * m, 1000),
    ties: () => whole("cost", n * m, 3),
    negative: () => drawn("cost", n * m).map((cost) => 200 * cost - 100),
    uniform: () => whole("cost", n * m, 5),
    holes: () => drawn("cost", n * m),
  }[kind]();
  return { costs: matrixOf(n, m, costs), source: weights("source", n), target: weights("target", m) };
}

function matrixOf(n: number, m: number, costs: readonly number[]): NdArray<"float64"> {
  return ndarray("float64", [n, m], Float64Array.from(costs));
}

/** Costs and weights that shrink well: small whole numbers or reals, weights of zero among them. */
export const anyProblem: fc.Arbitrary<Problem> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([n, m]) => {
    const cost = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1e3, max: 1e3, noNaN: true }));
    const weight = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double({ min: 0, max: 10, noNaN: true }));
    const weights = (count: number) =>
      fc.array(weight, { minLength: count, maxLength: count }).filter((all) => all.some((each) => each > 1e-6));
    return fc.record({
      costs: fc.array(cost, { minLength: n * m, maxLength: n * m }).map((all) => matrixOf(n, m, all)),
      source: weights(n),
      target: weights(m),
    });
  });

export function shares(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
