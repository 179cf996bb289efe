import { describe, expect, it } from "vitest";

import { type NdArray, permuted } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import { resizeBilinear } from "../../src/data/index.ts";
import { coverage, density, fid, precision, recall } from "../../src/metrics/index.ts";
import { frechet } from "../../src/metrics/fid.ts";
import { polynomialDiscrepancy } from "../../src/metrics/kid.ts";
import { neighboursOf } from "../../src/metrics/neighbours.ts";
import { type Result, type Wave, readGolden, resultArray, wave } from "./golden.ts";
import "../tolerance.ts";

interface Golden {
  readonly generated: Result;
  readonly reference: Result;
  readonly fid: number;
  readonly fidDeficient: number;
  readonly kid: number;
  readonly prdc: {
    readonly precision: number;
    readonly recall: number;
    readonly density: number;
    readonly coverage: number;
    readonly realBalls: readonly number[];
    readonly drawnBalls: readonly number[];
  };
  readonly resized: {
    readonly formulas: { readonly images: Wave };
    readonly results: readonly { readonly size: readonly [number, number]; readonly result: Result }[];
  };
}

const golden = readGolden<Golden>("samples");
const generated = resultArray(golden.generated);
const reference = resultArray(golden.reference);
const sets = { generated, reference, key: key(0) };

/** The first two features again, and one that is 0. */
function deficient({ shape, data }: NdArray): NdArray {
  const [n, d] = shape as [number, number];
  const wide = Float64Array.from({ length: n * (d + 3) }, (_, at) => {
    const [i, j] = [Math.floor(at / (d + 3)), at % (d + 3)];
    return j < d + 2 ? data[i * d + (j % d)]! : 0;
  });
  return { dtype: "float64", shape: [n, d + 3], data: wide };
}

describe("metrics of samples against numpy and scipy", () => {
  it("FID", () => {
    expect(fid.measure(sets, { forceFid: false }).value).toBeCloseTo(golden.fid, 7);
  });

  it("FID of features some of which are copies and one is 0", () => {
    expect(frechet(deficient(generated), deficient(reference)).value).toBeCloseTo(golden.fidDeficient, 6);
  });

  it("KID", () => {
    const [n, d] = generated.shape as [number, number];
    const found = polynomialDiscrepancy(generated.data, reference.data, n, reference.shape[0]!, d);
    expect(found).toBeCloseTo(golden.kid, 7);
  });

  it("precision, recall, density, coverage, and the balls that they count", () => {
    const found = neighboursOf(sets);
    expect([...found.realBalls]).toEqual(golden.prdc.realBalls);
    expect([...found.drawnBalls]).toEqual(golden.prdc.drawnBalls);
    for (const metric of [precision, recall, density, coverage]) {
      const expected = golden.prdc[metric.name as "precision"];
      expect(metric.measure(found, {}).value, metric.name).toBeCloseTo(expected, 8);
    }
  });
});

describe("resizeBilinear against PyTorch's antialiased interpolation", () => {
  const images = permuted(wave(golden.resized.formulas.images), [0, 2, 3, 1]);

  it.each(golden.resized.results.map(({ size, result }) => [size.join(" x "), size, result] as const))(
    "to %s",
    (_, size, result) => {
      const found = permuted(resizeBilinear(images, size), [0, 3, 1, 2]);
      expect(found.shape).toEqual(result.shape);
      expect(found.data).toBeAllclose(result.values, { relative: 1e-6 });
    },
  );
});
