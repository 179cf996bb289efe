import { describe, expect, it } from "vitest";

import { completeCollapse } from "../../src/diagnosis/symptoms/complete-collapse.ts";
import { deadUnits } from "../../src/diagnosis/symptoms/dead-units.ts";
import { discriminatorSaturation } from "../../src/diagnosis/symptoms/discriminator-saturation.ts";
import { lowFidelity } from "../../src/diagnosis/symptoms/low-fidelity.ts";
import { memorisation } from "../../src/diagnosis/symptoms/memorisation.ts";
import { noConvergence } from "../../src/diagnosis/symptoms/no-convergence.ts";
import { overfitting } from "../../src/diagnosis/symptoms/overfitting.ts";
import { partialCollapse } from "../../src/diagnosis/symptoms/partial-collapse.ts";
import { posteriorCollapse } from "../../src/diagnosis/symptoms/posterior-collapse.ts";
import type { MeasuredNow, SampleSnapshot, Symptom } from "../../src/diagnosis/symptom.ts";
import { symptoms } from "../../src/diagnosis/symptoms/index.ts";
import { vanishingGradient } from "../../src/diagnosis/symptoms/vanishing-gradient.ts";
import { type EvidenceParts, evidence, fourModes, snapshot, repeat, series } from "./evidence.ts";

const nothing: MeasuredNow = { samples: null, nearest: null, scores: null };

/** The flag proposed where the symptom is seen; "absent" or "unknown" where it is not. */
function seen(symptom: Symptom, given: ReturnType<typeof evidence>): string {
  const sign = symptom.check(given);
  if (sign === null) return "unknown";
  return sign.present ? sign.change(given.setup).flag : "absent";
}

describe("every symptom", () => {
  it("returns null without data", () => {
    expect(symptoms.map((symptom) => seen(symptom, evidence({})))).toEqual(symptoms.map(() => "unknown"));
  });

  it("reports nothing for losses alone, whatever they are", () => {
    const wild = Array.from({ length: 50 }, (_, i) => (-1) ** i * 10 ** (i / 5));
    const losses = { "discriminator/loss": series(wild), "generator/loss": series(wild.toReversed()) };
    expect(symptoms.map((symptom) => seen(symptom, evidence({ series: losses })))).toEqual(
      symptoms.map(() => "unknown"),
    );
  });
});

describe("complete collapse", () => {
  const even = [0.25, 0.25, 0.25, 0.25];
  const at = (...snapshots: SampleSnapshot[]) => evidence({ snapshots, places: fourModes });

  it("is present if samples are alike at two consecutive snapshots, below a tenth of the distance of real items", () => {
    expect(seen(completeCollapse, at(snapshot(100, even, 1), snapshot(200, even, 0.09)))).toBe("absent");
    expect(seen(completeCollapse, at(snapshot(100, even, 0.09), snapshot(200, even, 0.09)))).toBe(
      "--instance-noise 0.1",
    );
    expect(seen(completeCollapse, at(snapshot(100, even, 0.11), snapshot(200, even, 0.11)))).toBe("absent");
    expect(seen(completeCollapse, at(snapshot(100, even, 0.01)))).toBe("unknown");
  });

  it("is present if all samples are at one mode, however far apart, but not if few are near any", () => {
    const one = [0.6, 0.004, 0, 0];
    expect(seen(completeCollapse, at(snapshot(100, one), snapshot(200, one)))).toBe("--instance-noise 0.1");
    const two = [0.6, 0.01, 0, 0];
    expect(seen(completeCollapse, at(snapshot(100, two), snapshot(200, two)))).toBe("absent");
    const few = [0.4, 0, 0, 0];
    expect(seen(completeCollapse, at(snapshot(100, few), snapshot(200, few)))).toBe("absent");
  });

  it("is determined from current measurements if available", () => {
    const now = { ...nothing, samples: snapshot(5000, even, 1) };
    const collapsed = [snapshot(100, even, 0), snapshot(200, even, 0)];
    expect(seen(completeCollapse, evidence({ snapshots: collapsed, places: fourModes, now }))).toBe("absent");
    expect(seen(completeCollapse, evidence({ now: { ...nothing, samples: snapshot(5000, [], 0) } }))).not.toBe(
      "absent",
    );
  });

  it("suggests the option that is farthest from its default first", () => {
    const snapshots = [snapshot(100, [], 0), snapshot(200, [], 0)];
    const flagFor = (model: Record<string, unknown>) => seen(completeCollapse, evidence({ snapshots, model }));
    expect(flagFor({ initialBias: -5, discriminatorRate: 20 })).toBe("--initial-bias 0");
    expect(flagFor({ discriminatorRate: 20 })).toBe("--discriminator-rate 1");
    expect(flagFor({ instanceNoise: 0.2 })).toBe("--learning-rate 0.00025");
  });

  it("is checked for each direction of an image-to-image model, and cycle consistency is suggested first", () => {
    const turned = (step: number, there: number, back: number): SampleSnapshot => ({
      step,
      diversity: [
        { way: "AtoB", value: there },
        { way: "BtoA", value: back },
      ],
      nearest: [],
      near: [],
      fidelity: null,
      kinds: [],
    });
    const snapshots = [turned(100, 1, 0.05), turned(200, 1, 0.02)];
    const sign = completeCollapse.check(evidence({ snapshots }))!;
    expect(sign.evidence).toContain("the mean distance between BtoA translations is 2 %");
    expect(sign.values).toEqual({ diversity: 0.02 });
    expect(seen(completeCollapse, evidence({ snapshots: [turned(100, 1, 0.29), turned(200, 0.9, 0.31)] }))).toBe(
      "absent",
    );
    const flagFor = (model: Record<string, unknown>, recipe = "cyclegan") =>
      seen(completeCollapse, evidence({ snapshots, recipe, model }));
    expect(flagFor({ lambda: 10, cycle: "none" })).toBe("--cycle both");
    expect(flagFor({ lambda: 10, cycle: "forward" })).toBe("--cycle both");
    expect(flagFor({ lambda: 0, cycle: "none" })).toBe("--lambda 10");
    expect(flagFor({ lambda: 10, cycle: "both" })).toBe("--instance-noise 0.1");
    expect(flagFor({ lambda: 0 }, "pix2pix")).toBe("--lambda 10");
    expect(flagFor({}, "pix2pix")).toBe("--instance-noise 0.1");
  });
});

describe("partial collapse", () => {
  const two = (shares: readonly number[], other = shares) =>
    evidence({ snapshots: [snapshot(100, other), snapshot(200, shares)], places: fourModes });

  it("is a mode with less than a tenth of its expected share, and names it with its share of real items", () => {
    // Of 0.9 near samples a mode's due is 0.225: a tenth of it is 0.0225.
    expect(seen(partialCollapse, two([0.3, 0.3, 0.277, 0.023]))).toBe("absent");
    const sign = partialCollapse.check(two([0.3, 0.3, 0.278, 0.022]))!;
    expect(sign.present).toBe(true);
    expect(sign.values).toMatchObject({ missed: 1, places: 4, held: 0.25 });
    expect(sign.evidence).toContain(
      "1 of 4 modes has less than 10 % of its expected share: mode 3, with 25 % of real items",
    );
  });

  it("is not reported for a mode that is missing only at times, a model without samples near real items yet, or a complete collapse", () => {
    expect(seen(partialCollapse, two([0.3, 0.3, 0.3, 0], [0, 0.3, 0.3, 0.3]))).toBe("absent");
    expect(seen(partialCollapse, two([0.2, 0.2, 0.09, 0]))).toBe("absent");
    expect(seen(partialCollapse, two([1, 0, 0, 0]))).toBe("absent");
  });

  it("requires clusters of at least a tenth of the items if the data declare no modes", () => {
    const clusters = (shares: readonly number[]) => ({
      ...fourModes,
      declared: false,
      shares: Float64Array.from(shares),
    });
    const snapshots = [snapshot(100, [0.3, 0.3, 0.4, 0]), snapshot(200, [0.3, 0.3, 0.4, 0])];
    expect(seen(partialCollapse, evidence({ snapshots, places: clusters([0.3, 0.3, 0.31, 0.09]) }))).toBe("absent");
    expect(seen(partialCollapse, evidence({ snapshots, places: clusters([0.3, 0.3, 0.29, 0.11]) }))).not.toBe("absent");
  });
});

describe("low fidelity", () => {
  const even = [0.25, 0.25, 0.25, 0.25];
  const like = (shares: readonly number[], parts = {}) => {
    const snapshots = shares.map((fidelity, i) => ({ ...snapshot(100 * (i + 1), even), fidelity }));
    return seen(lowFidelity, evidence({ snapshots, places: fourModes, ...parts }));
  };

  it("is a fraction of realistic samples below half of that of real items, at both snapshots", () => {
    expect(like([0.4, 0.48])).toBe("--steps 10000");
    expect(like([0.4, 0.5])).toBe("absent");
    expect(like([0.5, 0.4])).toBe("absent");
    expect(like([0.012])).toBe("unknown");
    const now = { ...nothing, samples: { ...snapshot(5000, even), fidelity: 0.012 } };
    const sign = lowFidelity.check(evidence({ places: fourModes, now }))!;
    expect(sign).toMatchObject({ present: true, values: { fidelity: 0.012, ofReal: 0.98 } });
    expect(sign.evidence).toContain("1.2 % of samples are near a mode, and 98 % of real items (low: below 49 %)");
  });

  it("is unknown if real items are no better, and not reported for identical samples", () => {
    expect(like([0, 0], { places: { ...fourModes, fidelity: 0.1 } })).toBe("unknown");
    const snapshots = [100, 200].map((step) => ({ ...snapshot(step, even, 0.01), fidelity: 0 }));
    expect(seen(lowFidelity, evidence({ snapshots, places: fourModes }))).toBe("absent");
  });

  it("suggests equal learning rates and a decaying schedule before more steps", () => {
    expect(like([0, 0], { model: { discriminatorRate: 9 } })).toBe("--discriminator-rate 1");
    expect(like([0, 0], { schedule: "constant" })).toBe("--schedule linear");
  });
});

describe("no convergence", () => {
  const hops = (places: readonly number[], schedule?: "constant") =>
    evidence({
      snapshots: places.map((place, i) =>
        snapshot(
          500 * (i + 1),
          [0, 1, 2, 3].map((at) => (at === place ? 1 : 0)),
        ),
      ),
      places: fourModes,
      ...(schedule && { schedule }),
    });

  it("is present if samples move between modes as much as at first", () => {
    expect(seen(noConvergence, hops([0, 1, 0, 2, 1, 3, 0]))).toBe("--learning-rate 0.00025");
    expect(seen(noConvergence, hops([0, 1, 0, 2, 1, 3, 0], "constant"))).toBe("--schedule linear");
  });

  it("is not reported if samples come to rest, or with too few snapshots", () => {
    expect(seen(noConvergence, hops([0, 1, 2, 3, 0, 1, 1, 1]))).toBe("absent");
    expect(seen(noConvergence, hops([0, 1, 0, 1]))).toBe("unknown");
  });

  it("is not reported for decreasing changes", () => {
    const shares = [0, 1, 0, 0.9, 0.1, 0.6, 0.15, 0.55].map((share) => [share, 1 - share, 0, 0]);
    const snapshots = shares.map((each, i) => snapshot(600 * (i + 1), each));
    expect(seen(noConvergence, evidence({ snapshots, places: fourModes }))).toBe("absent");
  });

  it("counts the samples that would have to move to make one histogram the other: 40 % of them, on average", () => {
    const swings = (by: number) => {
      const snapshots = Array.from({ length: 7 }, (_, i) =>
        snapshot(500 * (i + 1), i % 2 === 0 ? [1, 0, 0, 0] : [1 - by, by, 0, 0]),
      );
      return noConvergence.check(evidence({ snapshots, places: fourModes }))!;
    };
    expect(swings(0.39)).toMatchObject({ present: false });
    expect(swings(0.39).values.moved).toBeCloseTo(0.39, 12);
    expect(swings(0.41)).toMatchObject({ present: true });
  });

  it("is not reported early in training", () => {
    const short = { ...hops([0, 1, 0, 2, 1, 3, 0]), step: 999 };
    expect(seen(noConvergence, short)).toBe("unknown");
    expect(seen(noConvergence, { ...short, step: 1000 })).not.toBe("unknown");
  });

  it("ignores snapshots that are close to each other", () => {
    const places = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
    const close = places.map((place, i) => snapshot(4900 + 10 * i, [place, 1 - place, 0, 0]));
    expect(seen(noConvergence, evidence({ snapshots: close, places: fourModes }))).toBe("unknown");
  });
});

/** Two players: the generator's gradient, and the discriminator's accuracy at the same steps. */
function game(
  gradient: readonly number[],
  accuracy: readonly number[] | null,
  model: Readonly<Record<string, unknown>> = {},
  now: MeasuredNow | null = null,
) {
  return evidence({
    model,
    now,
    series: {
      "discriminator/fake": series(gradient),
      "gradient/discriminator/discriminator": series(gradient),
      "gradient/generator/generator": series(gradient),
      ...(accuracy && { "discriminator/accuracy": series(accuracy) }),
    },
  });
}

describe("discriminator saturation", () => {
  const falling = [...repeat(1, 12), ...repeat(0.09, 4)];

  it("requires both an accuracy near 1 and a generator gradient far below its maximum", () => {
    expect(seen(discriminatorSaturation, game(falling, repeat(0.99, 16)))).toBe("--instance-noise 0.1");
    expect(seen(discriminatorSaturation, game(repeat(1, 16), repeat(0.99, 16)))).toBe("absent");
    expect(seen(discriminatorSaturation, game(falling, repeat(0.97, 16)))).toBe("absent");
    expect(seen(discriminatorSaturation, game([...repeat(1, 12), ...repeat(0.11, 4)], repeat(1, 16)))).toBe("absent");
  });

  it("refers to the last quarter", () => {
    expect(seen(discriminatorSaturation, game(falling, [...repeat(0.5, 12), ...repeat(1, 4)]))).not.toBe("absent");
    expect(seen(discriminatorSaturation, game(falling, [...repeat(1, 12), ...repeat(0.5, 4)]))).toBe("absent");
  });

  it("is unknown for critics and for few checks", () => {
    expect(seen(discriminatorSaturation, game(falling, null))).toBe("unknown");
    expect(seen(discriminatorSaturation, game(falling.slice(-11), repeat(1, 11)))).toBe("unknown");
  });

  it("blames the minimax loss first, then a faster discriminator", () => {
    expect(seen(discriminatorSaturation, game(falling, repeat(1, 16), { loss: "minimax", discriminatorRate: 9 }))).toBe(
      "--loss non-saturating",
    );
    expect(seen(discriminatorSaturation, game(falling, repeat(1, 16), { discriminatorRate: 9 }))).toBe(
      "--discriminator-rate 1",
    );
  });

  it("is not reported for a generator without an adversarial loss", () => {
    const given = {
      "discriminator/accuracy": series(repeat(1, 16)),
      "gradient/generator/AtoB": series(falling),
    };
    const weighed = (adversarial: number) =>
      seen(discriminatorSaturation, evidence({ recipe: "pix2pix", model: { adversarial }, series: given }));
    expect(weighed(0)).toBe("unknown");
    expect(weighed(1)).toBe("--instance-noise 0.1");
  });

  it("reports the accuracy on held-out items", () => {
    const now = { ...nothing, scores: { train: 1, heldOut: 0.6 } };
    const sign = discriminatorSaturation.check(game(falling, repeat(1, 16), {}, now))!;
    expect(sign.evidence).toContain("training items above samples in 100 % of pairs, held-out items in 60 %");
    const ofPacks = { ...game(falling, repeat(1, 16), {}, now), packing: 2 };
    const told = discriminatorSaturation.check(ofPacks)!.evidence;
    expect(told).toContain("accuracy is 100 % on real and generated packs of 2 items");
    expect(told).toContain("packs of training items above packs of samples in 100 % of pairs");
  });
});

describe("vanishing gradient", () => {
  it("is a decrease by two orders of magnitude at all recent checks while the discriminator is right", () => {
    const gone = [...repeat(2, 12), ...repeat(0.019, 4)];
    expect(seen(vanishingGradient, game(gone, repeat(0.9, 16)))).toBe("--instance-noise 0.1");
    expect(seen(vanishingGradient, game(gone, null))).toBe("--instance-noise 0.1");
    expect(seen(vanishingGradient, game([...repeat(2, 12), 0, 0, 0, 0.021], repeat(0.9, 16)))).toBe("absent");
  });

  it("ignores a critic's slope before its first step, when nothing bounds it yet", () => {
    const values = [100, ...repeat(0.1, 15)];
    const fromStart = { steps: values.map((_, i) => 100 * i), values };
    const critic = { "gradient/generator/generator": fromStart };
    for (const recipe of ["wgan", "wgan-gp"]) {
      expect(seen(vanishingGradient, evidence({ recipe, series: critic }))).toBe("absent");
    }
    const sure = { ...critic, "discriminator/accuracy": { ...fromStart, values: repeat(0.9, 16) } };
    expect(seen(vanishingGradient, evidence({ series: sure }))).not.toBe("absent");
  });

  it("is not reported at equilibrium", () => {
    const gone = [...repeat(2, 12), ...repeat(0.001, 4)];
    expect(seen(vanishingGradient, game(gone, repeat(0.55, 16)))).toBe("absent");
  });

  it("is not reported for models without a discriminator", () => {
    const gone = series([...repeat(2, 12), ...repeat(0.001, 4)]);
    expect(
      seen(
        vanishingGradient,
        evidence({ recipe: "vae", model: { likelihood: "gaussian" }, series: { "gradient/vae/decoder": gone } }),
      ),
    ).toBe("unknown");
  });

  it("finds the discriminator of the same stage of a run", () => {
    const stage = (first: number, values: readonly number[]) => ({
      steps: values.map((_, i) => first + i),
      values,
    });
    const gone = [...repeat(2, 12), ...repeat(0.001, 4)];
    const given = evidence({
      recipe: "adagan",
      model: { components: 2 },
      series: {
        "discriminator1/fake": stage(0, gone),
        "discriminator1/accuracy": stage(0, repeat(0.5, 16)),
        "gradient/discriminator1/discriminator1": stage(0, gone),
        "gradient/generator1/generator1": stage(0, gone),
        "discriminator2/fake": stage(100, gone),
        "discriminator2/accuracy": stage(100, repeat(0.99, 16)),
        "gradient/discriminator2/discriminator2": stage(100, gone),
        "gradient/generator2/generator2": stage(100, gone),
      },
    });
    expect(vanishingGradient.check(given)).toMatchObject({ present: true, values: { accuracy: 0.99 } });
  });
});

describe("two generators, each with its own discriminator", () => {
  const gone = series([...repeat(2, 12), ...repeat(0.001, 4)]);
  const translators = (ofA: number, ofB: number) => ({
    "discriminatorA/accuracy": series(repeat(ofA, 16)),
    "discriminatorB/accuracy": series(repeat(ofB, 16)),
    "gradient/generators/AtoB": gone,
    "gradient/generators/BtoA": gone,
  });

  it.each([vanishingGradient, discriminatorSaturation])("are reported with the affected one: $name", (symptom) => {
    const told = (ofA: number, ofB: number) =>
      symptom.check(evidence({ recipe: "cyclegan", series: translators(ofA, ofB) }))!;
    expect(told(0.5, 0.99)).toMatchObject({ present: true, values: { accuracy: 0.99 } });
    expect(told(0.5, 0.99).evidence).toContain("the gradient norm of AtoB");
    expect(told(0.99, 0.5).evidence).toContain("the gradient norm of BtoA");
  });
});

describe("dead units", () => {
  const layer = (name: string, values: readonly number[], model = {}, recipe = "gan") =>
    seen(deadUnits, evidence({ recipe, model, series: { [name]: series(values) } }));

  it("is a fraction of 0.7 of a layer at each of three checks", () => {
    expect(layer("dead/generator/layer2", [0, 0.7, 0.8, 0.7])).toBe("--activation leaky-relu");
    expect(layer("dead/generator/layer2", [0.9, 0.9, 0.69, 0.9])).toBe("absent");
    expect(layer("dead/generator/layer2", [0.9, 0.9])).toBe("unknown");
  });

  it("is not reported within the standard error of the share", () => {
    const counted = (stderr: number) =>
      seen(
        deadUnits,
        evidence({
          series: {
            "dead/generator/layer1": series([0.8, 0.8, 0.8]),
            "dead/generator/layer1/stderr": series([0.01, stderr, 0.01]),
          },
        }),
      );
    expect(counted(0.06)).toBe("absent");
    expect(counted(0.04)).toBe("--activation leaky-relu");
  });

  it("is reported for ReLU nets only: leaky units still learn", () => {
    expect(layer("dead/generator/layer1", repeat(1, 5), { activation: "leaky-relu" })).toBe("unknown");
    expect(layer("dead/discriminator/layer1", repeat(1, 5))).toBe("unknown");
    const relu = { discriminatorActivation: "relu" };
    expect(layer("dead/reconstructor/layer1", repeat(1, 5), relu, "veegan")).toBe(
      "--discriminator-activation leaky-relu",
    );
    expect(layer("dead/classifier2/layer1", repeat(1, 5), relu, "adagan")).toBe(
      "--discriminator-activation leaky-relu",
    );
  });

  it("suggests a remedy that the layer's net supports", () => {
    const players = { discriminatorActivation: "relu" };
    expect(layer("dead/generator/layer1", repeat(1, 3), { initialBias: -5 })).toBe("--initial-bias 0");
    expect(layer("dead/discriminator/layer2", repeat(1, 3), players)).toBe("--discriminator-activation leaky-relu");
    const coders = { likelihood: "gaussian" };
    expect(layer("dead/decoder/layer1", repeat(1, 3), coders, "vae")).toBe("--activation tanh");
    expect(layer("dead/decoder/layer1", repeat(1, 3), { ...coders, activation: "tanh" }, "vae")).toBe("unknown");
  });
});

describe("memorisation", () => {
  const distances = (generated: readonly number[], real: readonly number[], samples: SampleSnapshot | null = null) => ({
    ...nothing,
    samples,
    nearest: { generated: Float64Array.from(generated), real: Float64Array.from(real), heldOut: true },
  });

  it("is present if most samples are nearer to training items than new items are, by a wide margin", () => {
    const verdict = (sample: number) =>
      seen(memorisation, evidence({ now: distances(repeat(sample, 9), repeat(1, 9)) }));
    expect(verdict(0.74)).toBe("--steps 1250");
    expect(verdict(0.76)).toBe("absent");
    const mixed = distances([...repeat(0.1, 7), ...repeat(2, 3)], repeat(1, 10));
    expect(seen(memorisation, evidence({ now: mixed }))).toBe("absent");
  });

  it("is unknown for identical samples, and during training", () => {
    const one = distances(repeat(0, 9), repeat(1, 9), snapshot(5000, [], 0));
    expect(seen(memorisation, evidence({ now: one }))).toBe("unknown");
    expect(memorisation.warmUp).toBe(null);
  });

  it("asks for more data if there are more", () => {
    expect(seen(memorisation, evidence({ limit: 20, now: distances([0], [1]) }))).toBe("--limit 200");
    const share = (limit: number) => seen(memorisation, evidence({ limit, now: distances([0], [1]) }));
    expect([0.001, 0.07, 0.5].map(share)).toEqual(["--limit 0.01", "--limit 0.7", "--limit 0.9"]);
    expect(share(0.95)).toBe("--steps 1250");
  });
});

describe("overfitting", () => {
  const followed = (metric: string, heldOut: readonly number[], train: readonly number[], stderr: number) => ({
    [metric]: series(heldOut),
    [`train/${metric}`]: series(train),
    [`${metric}/stderr`]: series(repeat(stderr, heldOut.length)),
  });
  const course = (heldOut: readonly number[], train: readonly number[], stderr = 1, parts = {}) =>
    seen(overfitting, evidence({ ...parts, series: followed("elbo", heldOut, train, stderr) }));
  const falling = [400, 200, 150, 120, 100, 90];

  it("is a held-out loss worse by two standard errors with a better training loss", () => {
    // Two errors of a difference of values with an error of 1 each: 2.83. A twentieth of what was learned: 250 / 20.
    expect(course([400, 200, 150, 158, 163, 163], falling)).toBe("--steps 300");
    expect(course([400, 200, 150, 158, 162, 162], falling)).toBe("absent");
    expect(course([152, 151, 150, 151, 152.9, 152.9], falling)).toBe("--steps 300");
    expect(course([152, 151, 150, 151, 152.8, 152.8], falling)).toBe("absent");
    expect(course([152, 151, 150, 151, 152.9, 152.9], falling, 2)).toBe("absent");
  });

  it("reports its numbers: the best held-out value and its step, both current values, the standard error", () => {
    const given = followed("elbo", [-1500, -1961, -1400, -900, -349], [-1500, -2000, -2600, -3300, -3911], 250);
    const sign = overfitting.check(evidence({ series: given }))!;
    expect(sign).toMatchObject({
      present: true,
      values: { best: -1961, bestStep: 200, now: -349, trainThen: -2000, trainNow: -3911 },
    });
    expect(sign.values.stderr).toBeCloseTo(Math.hypot(250, 250), 9);
    expect(sign.evidence).toContain(
      "negElbo on held-out items was best at step 200, -1960, and is now -349, while on training items it went from -2000 to -3910",
    );
  });

  it("prints as many digits as are needed to tell values apart", () => {
    const given = followed("elbo", [3000, 2920.1, 2920.25, 2920.36], [3000, 2880, 2870.2, 2870], 0.01);
    const sign = overfitting.check(evidence({ series: given }))!;
    expect(sign.evidence).toContain("was best at step 200, 2920.1, and is now 2920.4, while");
    expect(sign.evidence).toContain("from 2880 to 2870 (");
  });

  it("is not one bad evaluation, a loss that rises on both parts, or too few measurements", () => {
    expect(course([400, 200, 150, 150, 150, 190], falling)).toBe("absent");
    expect(course([400, 200, 150, 170, 180, 190], [400, 200, 150, 160, 170, 180])).toBe("absent");
    expect(course([150, 190, 200], [150, 100, 50])).toBe("unknown");
    expect(seen(overfitting, evidence({ series: { elbo: series(repeat(1, 9)) } }))).toBe("unknown");
  });

  it("knows which values are better", () => {
    const accuracy = (heldOut: readonly number[]) =>
      seen(overfitting, evidence({ series: followed("accuracy", heldOut, [0.5, 0.8, 0.9, 0.95, 1], 0.01) }));
    expect(accuracy([0.5, 0.8, 0.75, 0.72, 0.7])).toBe("--steps 200");
    expect(accuracy([0.5, 0.8, 0.82, 0.84, 0.85])).toBe("absent");
  });

  it("asks for more data if there are more", () => {
    expect(course([400, 150, 160, 170, 180], falling.slice(1), 1, { limit: 250 })).toBe("--limit 2500");
  });

  /** Scores of training and generated items 10 apart, and of held-out ones so far below training items. */
  const scored = (gaps: readonly number[], stderr = 0.1, parts = {}) =>
    seen(
      overfitting,
      evidence({
        ...parts,
        series: {
          "overfit/scores/train": series(gaps.map(() => 4)),
          "overfit/scores/heldOut": series(gaps.map((gap) => 4 - gap)),
          "overfit/scores/generated": series(gaps.map(() => -6)),
          "overfit/scores/stderr": series(gaps.map(() => stderr)),
        },
      }),
    );

  it("is present if the discriminator scores held-out items a fifth of the way to generated ones, three times in a row", () => {
    expect(scored([0, 0, 2, 2, 2])).toBe("--learning-rate 0.00025");
    expect(scored([0, 0, 2, 2, 1.99])).toBe("absent");
    expect(scored([3, 3, 1.9, 3, 3])).toBe("absent");
    expect(scored([5, 5])).toBe("unknown");
    // By three standard errors.
    expect(scored([3, 3, 3], 1)).toBe("--learning-rate 0.00025");
    expect(scored([3, 3, 3], 1.01)).toBe("absent");
    expect(scored([-5, -5, -5])).toBe("absent");
  });

  it("of a discriminator is remedied by more items first, then by more augmentation", () => {
    expect(scored([3, 3, 3], 0.1, { limit: 200 })).toBe("--limit 2000");
    expect(scored([3, 3, 3], 0.1, { recipe: "cyclegan" })).toBe("--augment dag");
    expect(scored([3, 3, 3], 0.1, { recipe: "cyclegan", model: { augment: "dag" } })).toBe("--learning-rate 0.00025");
  });

  it("of a discriminator that scores training items below generated ones is not reported", () => {
    const low = { "overfit/scores/train": series([1, 1, 1]), "overfit/scores/heldOut": series([0, 0, 0]) };
    const others = { "overfit/scores/generated": series([2, 2, 2]), "overfit/scores/stderr": series([0, 0, 0]) };
    expect(seen(overfitting, evidence({ series: { ...low, ...others } }))).toBe("absent");
  });
});

describe("posterior collapse", () => {
  const latents = (kls: readonly number[], { model = {}, ...parts }: EvidenceParts = {}) =>
    seen(
      posteriorCollapse,
      evidence({
        recipe: "beta-vae",
        dimensions: 784,
        model: { likelihood: "gaussian", ...model },
        ...parts,
        series: Object.fromEntries(kls.map((kl, i) => [`elbo/klPerLatent/${i}`, series([1, kl])])),
      }),
    );

  it("is at most a tenth of latents above 0.01 nats, and little KL in all", () => {
    expect(latents(repeat(0.009, 20), { model: { beta: 100 } })).toBe("--beta 1");
    expect(latents([1, 1, ...repeat(0, 18)], { model: { beta: 1 } })).toBe("--learning-rate 0.00025");
    // Where nothing is said of it, beta is 4.
    expect(latents([1, 1, ...repeat(0, 18)])).toBe("--beta 1");
    expect(latents([1, 1, 1, ...repeat(0, 17)])).toBe("absent");
    expect(latents([3, 3, ...repeat(0, 18)])).toBe("absent");
    expect(latents([2.4, 2.5, ...repeat(0, 18)])).not.toBe("absent");
    expect(latents(repeat(0, 20), { model: { beta: 1, sigma: 2 } })).toBe("--sigma 0.5");
  });

  it("is less than a bit in all, whatever the number of latents that share it", () => {
    // As at 8 latents and a beta of 20, where a tenth of the latents is less than one.
    expect(latents([0.17, ...repeat(0.0014, 7)], { model: { beta: 20 } })).toBe("--beta 1");
    expect(latents(repeat(0.09, 8))).toBe("absent");
    expect(latents(repeat(0.08, 8))).not.toBe("absent");
    // One of eight that says little is a tenth, as near as can be.
    expect(latents([4.9, ...repeat(0, 7)])).not.toBe("absent");
    expect(latents([5.1, ...repeat(0, 7)])).toBe("absent");
    for (const [kls, found] of [
      [[0.68], true],
      [[0.7], false],
      [[3], false],
      [[0.68, 0.005], true],
      [[0.68, 0.02], false],
      [[3, 0], false],
    ] as const) {
      expect(latents(kls) !== "absent", String(kls)).toBe(found);
    }
  });

  it("is not a KL term at its target", () => {
    expect(latents([0.3, 0.2], { model: { klTarget: 0.5 } })).toBe("absent");
    expect(latents([0.1, 0.1], { model: { klTarget: 0.5 } })).not.toBe("absent");
    expect(latents(repeat(0.03, 10), { model: { klTarget: 20 } })).not.toBe("absent");
    // 0.5 of 10 nats after 500 steps of 10,000.
    const rising = { capacity: 10, capacitySteps: 10_000 };
    expect(latents([0.3, 0.1], { model: rising, step: 500 })).toBe("absent");
    expect(latents([0.3, 0.1], { model: rising, step: 5000 })).not.toBe("absent");
  });

  it("does not expect more active latents than items have dimensions", () => {
    expect(latents([0.75, ...repeat(0, 19)], { dimensions: 2 })).toBe("absent");
    expect(latents(repeat(0, 20), { dimensions: 2 })).not.toBe("absent");
  });
});
