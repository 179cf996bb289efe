import { expect, it } from "vitest";

import { rankCorrelation } from "../../src/repro/rank-correlation.ts";

it("is 1 and -1 for orders that agree and disagree, whatever the distances", () => {
  expect(rankCorrelation([1, 2, 3, 4], [1, 10, 11, 1000])).toBeCloseTo(1, 12);
  expect(rankCorrelation([1, 2, 3, 4], [3, 2, 1, 0])).toBeCloseTo(-1, 12);
});

it("shares ranks among equal numbers", () => {
  // scipy.stats.spearmanr([1, 2, 2, 3, 5], [2, 1, 4, 3, 5])
  expect(rankCorrelation([1, 2, 2, 3, 5], [2, 1, 4, 3, 5])).toBeCloseTo(0.66688592885535, 12);
});
