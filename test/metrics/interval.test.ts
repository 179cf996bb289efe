import { expect, it } from "vitest";

import { z95, t95 } from "../../src/metrics/interval.ts";

it("agrees with scipy.stats.t.ppf(0.975, n), and with the normal quantile in the limit", () => {
  const points = new Map([
    [1, 12.706204736],
    [5, 2.570581836],
    [9, 2.262157163],
    [10, 2.228138852],
    [11, 2.20098516],
    [12, 2.17881283],
    [19, 2.093024054],
    [49, 2.009575237],
    [99, 1.984216952],
    [999, 1.962341461],
  ]);
  for (const [freedom, point] of points) {
    expect(Math.abs(t95(freedom) - point)).toBeLessThan(freedom > 11 ? 1e-4 : 5e-4);
  }
  expect(t95(1e9)).toBeCloseTo(z95, 8);
});
