import { describe, expect, it } from "vitest";

import { DataError, OptionError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { costMatrix, exactTransport } from "../../src/transport/index.ts";
import { points } from "./problem.ts";

describe("costMatrix", () => {
  const [four, two] = [points([[0], [1], [2], [3]]), points([[0], [1]])];

  it("fits exactly into its bytes, and says otherwise how many points would fit", () => {
    expect(costMatrix(four, two, "euclidean", 64).shape).toEqual([4, 2]);
    let refusal: unknown;
    try {
      costMatrix(four, two, "euclidean", 63);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(OptionError);
    // 63 bytes hold 7 costs: 2 x 2 points have 4.
    expect((refusal as OptionError).hint).toMatch(/^about 2 x 2 points would fit/);
  });

  it("is rejected if squared differences underflow, unless it needs none", () => {
    const [zero, near] = [points([[0]]), points([[1e-200], [2e-200]])];
    for (const cost of ["euclidean", "squared"] as const) expect(() => costMatrix(zero, near, cost)).toThrow(DataError);
    expect([...costMatrix(zero, near, "manhattan").data]).toEqual([1e-200, 2e-200]);
  });
});

describe("costs of exactTransport", () => {
  it.each([
    [[2, 0], []],
    [[0, 2], []],
    [[1, 1, 1], [0]],
  ])("must be a non-empty matrix: not %j", (shape, data) => {
    expect(() => exactTransport(ndarray("float64", shape, Float64Array.from(data)))).toThrow("[n, m] and not empty");
  });

  it.each([0, 3])("must be finite; the first value that is not is named: number %d", (at) => {
    const costs = Float64Array.from({ length: 4 }, (_, i) => (i === at ? Infinity : 1));
    expect(() => exactTransport(ndarray("float64", [2, 2], costs))).toThrow(
      `got Infinity at [${Math.floor(at / 2)}, ${at % 2}]`,
    );
  });
});
