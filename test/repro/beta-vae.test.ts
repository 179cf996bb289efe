import { describe, expect, it } from "vitest";

import { betaVaeRow, valuesOf } from "../../src/repro/beta-vae.ts";

const isMet = (found: Parameters<typeof valuesOf>[0]): boolean => betaVaeRow.verdict(valuesOf(found), "full").passed;

/** Two seeds a beta: recon and KL around their mean, scores as given. */
const found = (recon: number[], kl: number[], scores: number[][]) =>
  new Map(
    [1, 4, 8].map((beta, i) => [
      beta,
      { recon: [recon[i]! - 0.1, recon[i]! + 0.1], kl: [kl[i]! - 0.1, kl[i]! + 0.1], score: scores[i]! },
    ]),
  );
const [recon, kl] = [
  [20, 40, 60],
  [15, 9, 6],
];

describe("the criterion of beta-vae", () => {
  it("selects the best beta, and requires more than one standard error of difference", () => {
    // Standard errors 0.04 and 0.03: 0.05 together.
    const clear = [
      [0.5, 0.58],
      [0.57, 0.63],
      [0.4, 0.4],
    ];
    expect(isMet(found(recon, kl, clear))).toBe(true);
    expect(isMet(found(recon, kl, [clear[0]!, [0.55, 0.61], clear[2]!]))).toBe(false);
    expect(isMet(found(recon, kl, [clear[0]!, [0.4, 0.4], [0.57, 0.63]]))).toBe(true);
  });

  it("is missed if reconstruction or KL are not ordered by beta", () => {
    const scores = [
      [0.5, 0.5],
      [0.9, 0.9],
      [0.9, 0.9],
    ];
    expect(isMet(found(recon, kl, scores))).toBe(true);
    expect(isMet(found([20, 60, 40], kl, scores))).toBe(false);
    expect(isMet(found(recon, [15, 6, 9], scores))).toBe(false);
  });

  it("is missed by a single seed, which has no standard error", () => {
    const one = new Map([1, 4, 8].map((beta, i) => [beta, { recon: [beta], kl: [-beta], score: [0.4 + 0.2 * i] }]));
    expect(isMet(one)).toBe(false);
  });
});
