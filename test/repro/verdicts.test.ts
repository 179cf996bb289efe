import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { type RowResult, type Scale, type Values, rows } from "../../src/repro/index.ts";

const folder = new URL("../../docs/reproductions/", import.meta.url);
const results = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as RowResult);

const rowOf = (name: string) => rows.find((row) => row.name === name)!;
const numbersOf = ({ values }: RowResult) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? Number.NaN]));
const verdictOf = (row: string, values: Record<string, number>, scale: Scale = "full") =>
  rowOf(row).verdict(values, scale).passed;

describe("a result file", () => {
  it.each(results)("of $row at $scale scale has the verdict of its numbers", (result) => {
    const { passed, remarks = [] } = rowOf(result.row).verdict(numbersOf(result), result.scale);
    expect(result.passed).toBe(passed);
    expect(result.remarks ?? []).toEqual(remarks);
    expect(result.paper).toEqual(rowOf(result.row).paper);
  });

  it.each(results.filter(({ passed }) => passed))("of $row would miss its criterion without its numbers", (result) => {
    const unknown = Object.fromEntries(Object.keys(result.values).map((name) => [name, Number.NaN]));
    expect(rowOf(result.row).verdict(unknown, result.scale).passed).toBe(false);
  });
});

/** A method's means, where modes and high quality are all that a verdict reads. */
const methods = (found: Record<string, [modes: number, highQuality: number]>) => {
  const none = ["gan", "unrolled5", "unrolled10", "wganGp", "veegan", "adagan", "pacgan2", "instanceNoise"];
  return Object.fromEntries(
    none.flatMap((name) => {
      const [modes, highQuality] = found[name] ?? [0, 0];
      return [
        [`${name}/modes`, modes],
        [`${name}/highQuality`, highQuality],
      ];
    }),
  );
};

describe("the criteria of the mixtures", () => {
  it("require two remedies with both modes and quality; the plain GAN is none", () => {
    expect(verdictOf("ring", methods({ wganGp: [7.8, 0.53], pacgan2: [8, 0.6] }))).toBe(true);
    expect(verdictOf("ring", methods({ wganGp: [7.79, 0.9], pacgan2: [8, 0.6] }))).toBe(false);
    expect(verdictOf("ring", methods({ wganGp: [8, 0.529], pacgan2: [8, 0.6] }))).toBe(false);
    expect(verdictOf("ring", methods({ gan: [8, 0.9], pacgan2: [8, 0.6] }))).toBe(false);
    expect(verdictOf("grid", methods({ veegan: [24.6, 0.41], adagan: [25, 0.5] }))).toBe(true);
    expect(verdictOf("grid", methods({ veegan: [24.6, 0.41], adagan: [24.5, 0.9] }))).toBe(false);
    expect(verdictOf("grid", methods({ veegan: [25, 0.4], adagan: [25, 0.5] }))).toBe(false);
  });

  it("name the remedies that miss it, with their values", () => {
    const all = Object.fromEntries(
      ["unrolled5", "unrolled10", "wganGp", "adagan", "pacgan2", "instanceNoise"].map((name) => [name, [25, 0.9]]),
    ) as Record<string, [number, number]>;
    const remarks = (found: Parameters<typeof methods>[0]) => rowOf("grid").verdict(methods(found), "full").remarks;
    expect(remarks({ ...all, veegan: [24.8, 0.372] })).toContain(
      "Remedies that miss the criterion: veegan (24.8 modes, 37.2 %).",
    );
    expect(remarks({ ...all, veegan: [24.8, 0.402] })).toHaveLength(1);
  });

  it("compare the best with the best published means", () => {
    const remark = (found: Parameters<typeof methods>[0]) => rowOf("ring").verdict(methods(found), "full").remarks![0];
    expect(remark({ wganGp: [8, 0.7], pacgan2: [8, 0.95], adagan: [7, 0.99] })).toMatch(
      /pacgan2 has the highest quality: 8 modes and 95 %, less than published\.$/,
    );
    expect(remark({ wganGp: [8, 0.96] })).toMatch(
      /wganGp has the highest quality: 8 modes and 96 %, no less than published\.$/,
    );
  });
});

/** A result whose criterion was met, with some numbers changed. */
const changed = (row: string, changes: Record<string, number>) => {
  const result = results.find((each) => each.row === row)!;
  for (const name of Object.keys(changes)) expect(result.values).toHaveProperty([name]);
  return verdictOf(row, { ...numbersOf(result), ...changes });
};

const stacked = (modes: number[]) =>
  Object.fromEntries([0, 1, 5, 10].map((unroll, i) => [`unroll${unroll}/modes`, modes[i]!]));

describe("a criterion", () => {
  it.each([
    ["autoencoder-contrast", { "autoencoder/squaredError/seed11": 1000 }],
    ["autoencoder-contrast", { "autoencoder/priorDistance/seed12": 0 }],
    [
      "dying-relu",
      { "relu at rate 0.1, bias 0: dead share of layer 1": 0, "relu at rate 0.1, bias 0: dead share of layer 2": 0 },
    ],
    ["dying-relu", { "leaky at rate 0.1, bias 0: gradient": 0 }],
    ["estimators-on-vae", { pathwiseVariance: 1e9 }],
    ["estimators-on-vae", { scoreNegElbo: 0 }],
    ["estimators-on-vae", { scoreLooVariance: 1e9 }],
    ["gradient-variance", { pathwise: 4.1 }],
    ["gradient-variance", { optimalBaseline: 15 }],
    ["gumbel", { gumbelSoftmax: 103.1 }],
    ["gumbel", { straightThrough: 200 }],
    ["iwae-nll", { gap: 0.79 }],
    ["js-vs-w", { "js/game/2": 0.34 }],
    ["js-vs-w", { "js/gradient/12": 2e-6 }],
    ["js-vs-w", { "lines/klIsInfinite/1": 0 }],
    ["js-vs-w", { "kl/gradient/4/off": 1e-7 }],
    ["vae-nll", { nll: 88.4 }],
  ] as const)("of %s that was met is missed with %o", (row, changes) => {
    expect(changed(row, {})).toBe(true);
    expect(changed(row, changes)).toBe(false);
  });

  it("of unrolled-stacked requires more modes with each longer unrolling", () => {
    expect(verdictOf("unrolled-stacked", stacked([1, 2, 3, 4]))).toBe(true);
    expect(verdictOf("unrolled-stacked", stacked([1, 2, 2, 4]))).toBe(false);
    expect(verdictOf("unrolled-stacked", stacked([2, 1, 3, 4]))).toBe(false);
  });

  it("of vae-vs-gan requires intervals that do not overlap, on each data set", () => {
    const ends = (spec: string, metric: string, vae: [number, number], gan: [number, number]) => ({
      [`${spec}/vae/${metric}Low`]: vae[0],
      [`${spec}/vae/${metric}High`]: vae[1],
      [`${spec}/gan/${metric}Low`]: gan[0],
      [`${spec}/gan/${metric}High`]: gan[1],
    });
    const claim = (spec: string, recall: [number, number] = [0.5, 0.6]) => ({
      ...numbersOf(results.find(({ row }) => row === "vae-vs-gan")!),
      ...ends(spec, "sharpness", [0.1, 0.2], [0.8, 0.9]),
      ...ends(spec, "precision", [0.1, 0.2], [0.8, 0.9]),
      ...ends(spec, "recall", recall, [0.3, 0.4]),
    });
    expect(verdictOf("vae-vs-gan", claim("mnist"), "quick")).toBe(true);
    expect(verdictOf("vae-vs-gan", claim("mnist", [0.39, 0.6]), "quick")).toBe(false);
    expect(verdictOf("vae-vs-gan", { ...claim("mnist"), ...claim("fashion-mnist") })).toBe(false);
  });

  it("of cyclegan-digits requires the lowest error and nine digits in ten", () => {
    const found = (own: number, alone: number, consistency: number) => ({
      "full/error": own,
      "ganAlone/error": alone,
      "full/consistency": consistency,
      ...Object.fromEntries(["cycleAlone", "ganForward", "ganBackward", "pix2pix"].map((name) => [`${name}/error`, 1])),
    });
    expect(verdictOf("cyclegan-digits", found(0.1, 0.2, 0.9))).toBe(true);
    expect(verdictOf("cyclegan-digits", found(0.2, 0.2, 0.9))).toBe(false);
    expect(verdictOf("cyclegan-digits", found(0.1, 0.2, 0.89))).toBe(false);
  });

  it("of cyclegan-emoji requires better values than the unchanged drawing by every metric, and a lower error than the GAN alone", () => {
    const met = {
      "full/error": 0.1,
      "full/unchanged": 0.2,
      "full/psnr": 13,
      "full/psnrUnchanged": 12,
      "full/ssim": 0.4,
      "full/ssimUnchanged": 0.3,
      "ganAlone/error": 0.3,
    };
    const verdict = (other: Partial<typeof met>) => verdictOf("cyclegan-emoji", { ...met, ...other });
    expect(verdict({})).toBe(true);
    expect(verdict({ "full/error": 0.2 })).toBe(false);
    expect(verdict({ "full/psnr": 12 })).toBe(false);
    expect(verdict({ "full/ssim": 0.3 })).toBe(false);
    expect(verdict({ "ganAlone/error": 0.1 })).toBe(false);
  });

  it("of cyclegan-small-data requires more than both standard errors", () => {
    const found = (none: number, dag: number, stderr: number) => ({
      ...numbersOf(results.find(({ row }) => row === "cyclegan-small-data")!),
      "100/none/error": none,
      "100/none/errorStderr": stderr,
      "100/realOnly/error": 1,
      "100/dag/error": dag,
      "100/dag/errorStderr": stderr,
    });
    expect(verdictOf("cyclegan-small-data", found(0.3, 0.2, 0.04))).toBe(true);
    expect(verdictOf("cyclegan-small-data", found(0.3, 0.2, 0.06))).toBe(false);
  });

  it("of dag-small-data requires a lower KID on little data, and the leak of rotated real items", () => {
    const parts = ["mnist", "emoji"].flatMap((spec) => [1, 0.25, 0.1, 0.02].map((share) => `${spec}/${share}`));
    const met = Object.fromEntries(
      parts.flatMap((part) => [
        ...["base", "realOnly", "dagFliprot", "diffaugment"].map((name) => [`${part}/${name}/kid`, 2]),
        [`${part}/dagRotation/kid`, 1],
        [`${part}/base/leak`, 0.1],
        [`${part}/realOnly/leak`, 0.5],
      ]),
    ) as Record<string, number>;
    const verdict = (changes: Record<string, number>) => verdictOf("dag-small-data", { ...met, ...changes });
    expect(verdict({})).toBe(true);
    expect(verdict({ "mnist/0.02/dagRotation/kid": 2 })).toBe(false);
    expect(verdict({ "emoji/0.1/dagRotation/kid": 2 })).toBe(false);
    expect(verdict({ "mnist/0.25/dagRotation/kid": 3 })).toBe(true);
    expect(verdict({ "emoji/1/base/leak": 0.5 })).toBe(false);
  });

  it.each([
    ["vae-nll", { nll: 200 }],
    ["iwae-nll", { gap: -1 }],
    ["gumbel", { gumbelSoftmax: 150, straightThrough: 140, scoreFunction: 130 }],
    ["ring", methods({})],
    ["unrolled-stacked", stacked([4, 3, 2, 1])],
    ["cyclegan-digits", { "full/error": 0.2, "ganAlone/error": 0.1 }],
  ] as const)("of %s is not decided at the quick scale, which says so", (row, values) => {
    const { passed, remarks } = rowOf(row).verdict(values as Values, "quick");
    expect(passed).toBe(true);
    expect(remarks).toEqual([expect.stringMatching(/too short to test the criterion/)]);
    expect(rowOf(row).criterion).toMatch(/At --scale quick: training completes$/);
  });

  it("of unrolled-ring requires nine pairs of ten, if the plain GAN fails", () => {
    const found = (none: number, wins: number) => ({
      "minimax/unroll0/modes": none,
      "minimax/unroll5/modes": 8,
      "minimax/wins": wins,
    });
    expect(verdictOf("unrolled-ring", found(4, 9))).toBe(true);
    expect(verdictOf("unrolled-ring", found(4, 8))).toBe(false);
    expect(verdictOf("unrolled-ring", found(4.1, 10))).toBe(false);
  });

  it("of adagan-ensemble requires nine pairs of ten against either baseline, if the best GAN misses a mode", () => {
    const found = (best: number, ensemble: number, covered: number) => ({
      "adagan/distance": 0.1,
      "best/distance": 0.2,
      "ensemble/distance": 0.2,
      "best/covered": covered,
      "wins/best": best,
      "wins/ensemble": ensemble,
    });
    expect(verdictOf("adagan-ensemble", found(9, 9, 7))).toBe(true);
    expect(verdictOf("adagan-ensemble", found(8, 10, 7))).toBe(false);
    expect(verdictOf("adagan-ensemble", found(10, 8, 7))).toBe(false);
    expect(verdictOf("adagan-ensemble", found(10, 10, 7.1))).toBe(false);
  });

  it("of ring-collapse requires two remedies that win all pairs in equal time, if the plain GAN collapses", () => {
    const all = ["gan", "unrolled5", "wganGp", "veegan", "adagan", "pacgan2", "instanceNoise"];
    const met: Record<string, number> = {};
    for (const name of all) {
      for (const length of ["steps", "time"]) {
        met[`${length}/${name}/modes`] = name === "gan" ? 4 : 8;
        met[`${length}/${name}/highQuality`] = name === "wganGp" || name === "veegan" ? 0.5 : 0.4;
        met[`${length}/${name}/wins`] = 5;
      }
    }
    const verdict = (changes: Record<string, number>) => verdictOf("ring-collapse", { ...met, ...changes });
    expect(verdict({})).toBe(true);
    expect(verdict({ "steps/wganGp/wins": 0 })).toBe(true);
    expect(verdict({ "time/wganGp/wins": 4 })).toBe(false);
    expect(verdict({ "time/veegan/highQuality": 0.49 })).toBe(false);
    expect(verdict({ "time/gan/modes": 4.2 })).toBe(false);
  });

  it("of leaky-relu requires dead units and nine pairs of ten", () => {
    const found = (dead: number, gradient: number, wins: number) => ({
      "relu at rate 0.01, bias -7: dead share of layer 2": dead,
      "relu at rate 0.01, bias -7: gradient": gradient,
      "leaky at rate 0.01, bias -7: gradient": 1,
      "rate 0.01, bias -7: wins of Leaky ReLU": wins,
    });
    expect(verdictOf("leaky-relu", found(0.99, 0, 9))).toBe(true);
    expect(verdictOf("leaky-relu", found(0.98, 0, 9))).toBe(false);
    expect(verdictOf("leaky-relu", found(1, 0.001, 9))).toBe(false);
    expect(verdictOf("leaky-relu", found(1, 0, 8))).toBe(false);
    expect(verdictOf("leaky-relu", found(1, 0, 0), "quick")).toBe(true);
  });

  it("of kl-multiplier requires the KKT conditions", () => {
    const met: Record<string, number> = { "target300/beta": 0, "target300/kl": 140 };
    for (const [target, beta, recon] of [
      [3, 10, 160],
      [6, 5, 136],
      [12, 2, 115],
    ] as const) {
      met[`target${target}/kl`] = met[`fixed${target}/kl`] = target;
      met[`target${target}/beta`] = beta;
      met[`target${target}/recon`] = recon;
      met[`target${target}/complementarity`] = 0.04 * beta * target;
    }
    const verdict = (changes: Record<string, number>) => verdictOf("kl-multiplier", { ...met, ...changes });
    expect(verdict({})).toBe(true);
    expect(verdict({ "target3/kl": 3.2 })).toBe(false);
    expect(verdict({ "fixed6/kl": 5.6 })).toBe(false);
    expect(verdict({ "target12/complementarity": -2 })).toBe(false);
    expect(verdict({ "target6/recon": 125 })).toBe(false);
    expect(verdict({ "target300/beta": 0.1 })).toBe(false);
    expect(verdict({ "target300/kl": 301 })).toBe(false);
  });

  it("of dag-few-digits requires a baseline that is limited by data, and seven pairs of eight by all three", () => {
    const met = {
      "base/gap": 0.2,
      "wins/kid/manyItems-base": 7,
      "wins/kid/dag-base": 7,
      "wins/memorised/dag-base": 7,
      "wins/gap/dag-base": 7,
    };
    const verdict = (changes: Partial<typeof met>) => verdictOf("dag-few-digits", { ...met, ...changes });
    expect(verdict({})).toBe(true);
    expect(verdict({ "base/gap": 0.19 })).toBe(false);
    for (const wins of Object.keys(met).slice(1)) expect(verdict({ [wins]: 6 })).toBe(false);
  });

  it("of cyclegan-terms requires all pairs, by each quantity", () => {
    const met = Object.fromEntries(["layout", "background", "colour", "changed"].map((name) => [`wins/${name}`, 5]));
    const cycles = Object.fromEntries(
      ["full", "squared"].flatMap((name) => ["Absolute", "Squared"].map((by) => [`${name}/cycle${by}`, 0.1])),
    );
    expect(verdictOf("cyclegan-terms", { ...met, ...cycles })).toBe(true);
    for (const wins of Object.keys(met)) {
      expect(verdictOf("cyclegan-terms", { ...met, ...cycles, [wins]: 4 })).toBe(false);
    }
  });
});
