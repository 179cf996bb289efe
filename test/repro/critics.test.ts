import { describe, expect, it } from "vitest";

import { penaltyWeightRow } from "../../src/repro/penalty-weight.ts";
import { unrolledRingRow } from "../../src/repro/unrolled-ring.ts";
import { wganEmdRow } from "../../src/repro/wgan-emd.ts";

describe("the criterion of wgan-emd", () => {
  const met = {
    ...Object.fromEntries(
      ["line", "ring"].flatMap((where) => ["penalty", "clipping"].map((rule) => [`${where}/${rule}/off`, 0.1])),
    ),
    ...Object.fromEntries(
      ["wgan", "wganGp"].flatMap((model) =>
        ["ring8", "mnist"].map((data) => [`${model}/${data}/rankCorrelation`, 0.5]),
      ),
    ),
  };
  const verdict = (changes: Record<string, number>) => wganEmdRow.verdict({ ...met, ...changes }, "full");

  it("requires the distance for fixed generators, and a rank correlation of every critic's gap in GAN training", () => {
    expect(verdict({})).toEqual({ passed: true, remarks: [] });
    for (const off of ["line/penalty/off", "ring/clipping/off"]) expect(verdict({ [off]: 0.11 }).passed).toBe(false);
    const { passed, remarks } = verdict({ "wgan/mnist/rankCorrelation": -0.06 });
    expect(passed).toBe(false);
    expect(remarks).toEqual([
      "The estimate of wgan/mnist does not track the quality of the generator: its rank correlation is -0.0600.",
    ]);
  });

  it("states the penalty weight of its numbers", () => {
    expect(wganEmdRow.criterion).toContain("gradient penalty of weight 50");
    expect(wganEmdRow.criterion).toContain("a gradient penalty of weight 0.1 for points and 10 for images");
  });
});

describe("the criterion of penalty-weight", () => {
  const weights = [0.1, 1, 10, 50];
  const met = Object.fromEntries(
    weights.flatMap((weight) => [
      [`held/${weight}/0.25`, 1 + 0.25 / (2 * weight)],
      [`held/${weight}/1`, 1 + 1 / (2 * weight)],
      [`game/${weight}/factorOff`, weight === 1 ? 1.2 : 1.5],
      [`game/${weight}/highQuality`, 0.7],
    ]),
  );
  const passes = (changes: Record<string, number>, scale: "full" | "quick" = "full") =>
    penaltyWeightRow.verdict({ ...met, ...changes }, scale).passed;

  it("is the predicted slope, and a default whose gap is nearest to the distance among weights whose GANs learn", () => {
    expect(passes({})).toBe(true);
    expect(passes({ "held/0.1/1": 6.7 })).toBe(false);
    expect(passes({ "game/0.1/factorOff": 1.1 })).toBe(false);
    expect(passes({ "game/50/factorOff": 1.1, "game/50/highQuality": 0.34 })).toBe(true);
    expect(passes({ "game/50/factorOff": 1.1, "game/50/highQuality": 0.36 })).toBe(false);
    expect(passes({ "game/0.1/factorOff": 1.1 }, "quick")).toBe(true);
    expect(passes({ "held/0.1/1": 6.7 }, "quick")).toBe(false);
  });
});

describe("the criterion of unrolled-ring", () => {
  const verdict = (none: number, ahead: number, wins: number) =>
    unrolledRingRow.verdict(
      { "minimax/unroll0/modes": none, "minimax/unroll5/modes": ahead, "minimax/wins": wins },
      "full",
    );

  it("is nine wins in ten pairs, if the plain GAN fails", () => {
    expect(verdict(2, 6, 9).passed).toBe(true);
    expect(verdict(2, 6, 8).passed).toBe(false);
    const healthy = verdict(4.1, 8, 10);
    expect(healthy.passed).toBe(false);
    expect(healthy.remarks).toEqual([
      "Without unrolling the mean is 4.10 modes: no failure to remedy occurs in this setting.",
      "Minimax: 5 unrolled updates capture more modes than no unrolling in 10 of 10 pairs.",
    ]);
  });
});
