import { describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { type Points, selectPoints, toPoints } from "../../src/numeric/points.ts";
import {
  gaussianKernel,
  gaussianKl,
  gaussianW2,
  knnJs,
  knnKl,
  mmd,
  normalJs1d,
  normalKl1d,
  normalW1d,
} from "../../src/divergences/index.ts";
import {
  type GroundCost,
  costMatrix,
  debiased,
  exactTransport,
  selfSinkhorn,
  sinkhorn,
  wasserstein1d,
} from "../../src/transport/index.ts";
import { type Result, readGolden, resultArray } from "./golden.ts";
import "../tolerance.ts";

interface Golden {
  readonly x: Result;
  readonly y: Result;
  readonly a: Result;
  readonly b: Result;
  readonly transport: {
    readonly exact: Readonly<Record<GroundCost, number>>;
    readonly regularised: readonly {
      readonly epsilon: number;
      readonly cost: number;
      readonly regularised: number;
      readonly row: Result;
    }[];
    readonly divergence: number;
    readonly line: number;
    readonly lineEqual: number;
  };
  readonly neighbours: readonly {
    readonly k: number;
    readonly kl: number;
    readonly js: number;
    readonly jsLine: number;
  }[];
  readonly discrepancy: readonly {
    readonly bandwidths: readonly number[];
    readonly squared: number;
    readonly stderr: number;
  }[];
  readonly normals: readonly {
    readonly p: readonly [number, number];
    readonly q: readonly [number, number];
    readonly kl: number;
    readonly js: number;
    readonly w1: number;
  }[];
  readonly gaussians: readonly {
    readonly p: Record<"mean" | "covariance", Result>;
    readonly q: Record<"mean" | "covariance", Result>;
    readonly kl: number;
    readonly w2: number;
  }[];
}

const golden = readGolden<Golden>("distances");
const [x, y] = [golden.x, golden.y].map((side) => toPoints(resultArray(side), "golden")) as [Points, Points];
const weights = { source: golden.a.values, target: golden.b.values };
/** The golden numbers have nine digits: half a unit of the last. */
const digits = { relative: 5e-9, absolute: 1e-12 };

/** The first points. */
const first = (points: Points, n: number): Points =>
  selectPoints(
    points,
    Int32Array.from({ length: n }, (_, i) => i),
  );
/** The first coordinate of each point. */
const line = ({ shape, data }: Points): Points => {
  const [n, d] = shape as [number, number];
  return ndarray(
    "float64",
    [n, 1],
    Float64Array.from({ length: n }, (_, i) => data[i * d]!),
  );
};

describe("transport against POT and scipy", () => {
  it.each(Object.entries(golden.transport.exact))("the exact cost, %s", (cost, expected) => {
    expect(exactTransport(costMatrix(x, y, cost as GroundCost), weights).cost).toBeAllclose(expected, digits);
  });

  it.each(golden.transport.regularised)(
    "the plan at regularisation $epsilon",
    ({ epsilon, cost, regularised, row }) => {
      const found = sinkhorn(costMatrix(x, y, "squared"), {
        epsilon,
        tolerance: 1e-11,
        iterations: 200_000,
        ...weights,
      });
      expect(found.converged).toBe(true);
      expect(found.cost).toBeAllclose(cost, digits);
      expect(found.regularised).toBeAllclose(regularised, digits);
      expect(found.plan.data.slice(0, row.values.length)).toBeAllclose(row.values, { relative: 1e-8 });
    },
  );

  it("the Sinkhorn divergence", () => {
    const limits = { epsilon: 1, tolerance: 1e-11 };
    const own = (side: Points, of: readonly number[]) => selfSinkhorn(costMatrix(side, side, "squared"), of, limits);
    const between = sinkhorn(costMatrix(x, y, "squared"), { ...limits, ...weights });
    const found = debiased(between, [own(x, weights.source), own(y, weights.target)]);
    expect(found).toBeAllclose(golden.transport.divergence, digits);
  });

  it("distances on the line, weighed and not", () => {
    const [left, right] = [line(x).data, line(y).data];
    expect(wasserstein1d(left, right, weights)).toBeAllclose(golden.transport.line, digits);
    expect(wasserstein1d(left, right)).toBeAllclose(golden.transport.lineEqual, digits);
  });
});

describe("estimates from samples against scipy and scikit-learn", () => {
  it.each(golden.neighbours)("KL and JS by neighbour $k", ({ k, kl, js, jsLine }) => {
    expect(knnKl(x, y, k).value).toBeAllclose(kl, digits);
    const n = y.shape[0]!;
    expect(knnJs(first(x, n), y, k).value).toBeAllclose(js, digits);
    // scikit-learn gives 0 for estimates below it.
    expect(Math.max(0, knnJs(line(first(x, n)), line(y), k).value)).toBeAllclose(jsLine, digits);
  });

  it.each(golden.discrepancy)("MMD with bandwidths $bandwidths, and its jackknife", ({ bandwidths, ...expected }) => {
    const found = mmd(x, y, gaussianKernel(bandwidths));
    expect(found.squared).toBeAllclose(expected.squared, { ...digits, absolute: 1e-11 });
    expect(found.stderr).toBeAllclose(expected.stderr, digits);
  });
});

describe("normal distributions against adaptive quadrature", () => {
  it.each(golden.normals)("$p and $q", ({ p, q, kl, js, w1 }) => {
    const [left, right] = [p, q].map(([mean, deviation]) => ({ mean, deviation })) as [Normal, Normal];
    expect(normalKl1d(left, right)).toBeAllclose(kl, digits);
    expect(normalJs1d(left, right)).toBeAllclose(js, digits);
    expect(normalW1d(left, right)).toBeAllclose(w1, digits);
  });
});

describe("normal distributions of vectors against scipy", () => {
  const vectors = ({ mean, covariance }: Record<"mean" | "covariance", Result>) => ({
    mean: Float64Array.from(mean.values),
    covariance: Float64Array.from(covariance.values),
  });

  it.each(golden.gaussians)("KL and W2 of covariances in full", ({ p, q, kl, w2 }) => {
    expect(gaussianKl(vectors(p), vectors(q))).toBeAllclose(kl, digits);
    expect(gaussianW2(vectors(p), vectors(q))).toBeAllclose(w2, digits);
  });
});

type Normal = Parameters<typeof normalKl1d>[0];
