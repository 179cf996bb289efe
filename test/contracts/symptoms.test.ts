import { describe, expect, it } from "vitest";
import type { z } from "zod";

import { describeOptions, flagOf } from "../../src/base/options.ts";
import { type Evidence, type RunSetup, type Symptom, symptoms } from "../../src/diagnosis/index.ts";
import { models } from "../../src/models/index.ts";
import { dataOptions, trainOptions } from "../../src/run/config.ts";
import { evidence, fourModes, snapshot, repeat, series } from "../diagnosis/evidence.ts";

// What every symptom owes. Each threshold from both sides: test/diagnosis.

interface Case {
  /** Evidence of a run that shows the symptom, and of one that is healthy by the same numbers. */
  readonly present: Evidence & { readonly setup: RunSetup };
  readonly absent: Evidence;
}

const even = [0.25, 0.25, 0.25, 0.25];
const snapshots = (shares: readonly number[], diversity?: number) => [
  snapshot(4000, shares, diversity),
  snapshot(5000, shares, diversity),
];
const like = (fidelity: number) => snapshots(even).map((one) => ({ ...one, fidelity }));
const followed = (gradient: readonly number[], accuracy: number) => ({
  "gradient/generator/generator": series(gradient),
  "discriminator/accuracy": series(repeat(accuracy, gradient.length)),
});
const fading = (last: number) => [...repeat(1, 12), ...repeat(last, 4)];
const circling = (moves: boolean) =>
  Array.from({ length: 7 }, (_, i) => snapshot(700 * (i + 1), moves && i % 2 === 0 ? [1, 0, 0, 0] : [0, 1, 0, 0]));
const nearest = (sample: number) => ({
  samples: null,
  nearest: { generated: Float64Array.of(sample), real: Float64Array.of(1), heldOut: true },
  scores: null,
});
const bounds = (last: number) => ({
  elbo: series([400, 200, 150, 160, last, last]),
  "train/elbo": series([400, 200, 150, 120, 100, 90]),
  "elbo/stderr": series(repeat(1, 6)),
});
const latents = (kl: number) =>
  Object.fromEntries(repeat(kl, 10).map((_, i) => [`elbo/klPerLatent/${i}`, series([kl])]));

const cases: Readonly<Record<string, Case>> = {
  "complete-collapse": {
    present: evidence({ snapshots: snapshots(even, 0.02), places: fourModes }),
    absent: evidence({ snapshots: snapshots(even, 1), places: fourModes }),
  },
  "partial-collapse": {
    present: evidence({ snapshots: snapshots([0.5, 0.5, 0, 0]), places: fourModes }),
    absent: evidence({ snapshots: snapshots(even), places: fourModes }),
  },
  "low-fidelity": {
    present: evidence({ snapshots: like(0.1), places: fourModes }),
    absent: evidence({ snapshots: like(0.9), places: fourModes }),
  },
  "no-convergence": {
    present: evidence({ snapshots: circling(true), places: fourModes }),
    absent: evidence({ snapshots: circling(false), places: fourModes }),
  },
  "discriminator-saturation": {
    present: evidence({ series: followed(fading(0.01), 1) }),
    absent: evidence({ series: followed(fading(1), 0.7) }),
  },
  "vanishing-gradient": {
    present: evidence({ series: followed(fading(0.001), 0.9) }),
    absent: evidence({ series: followed(fading(1), 0.7) }),
  },
  "dead-units": {
    present: evidence({ series: { "dead/generator/layer1": series(repeat(0.9, 3)) } }),
    absent: evidence({ series: { "dead/generator/layer1": series(repeat(0.1, 3)) } }),
  },
  overfitting: {
    present: evidence({ recipe: "vae", model: { likelihood: "gaussian" }, series: bounds(300) }),
    absent: evidence({ recipe: "vae", model: { likelihood: "gaussian" }, series: bounds(100) }),
  },
  memorisation: { present: evidence({ now: nearest(0.1) }), absent: evidence({ now: nearest(1) }) },
  "posterior-collapse": {
    present: evidence({ recipe: "beta-vae", model: { likelihood: "gaussian" }, dimensions: 784, series: latents(0) }),
    absent: evidence({ recipe: "beta-vae", model: { likelihood: "gaussian" }, dimensions: 784, series: latents(1) }),
  },
};

it("there is a case for every symptom", () => {
  expect(Object.keys(cases).toSorted()).toEqual(symptoms.map(({ name }) => name).toSorted());
});

it("symptoms have unique names", () => {
  expect(new Set(symptoms.map(({ name }) => name)).size).toBe(symptoms.length);
});

/** Flags that a run of a recipe takes, each with the schema that checks it. */
function flagsOf(recipe: string) {
  const { options } = models.find(({ name }) => name === recipe)!;
  return [options, trainOptions, dataOptions].flatMap((schema: z.ZodObject) =>
    describeOptions(schema).map(({ name }) => ({ flag: flagOf(name), name, schema })),
  );
}

describe.each(symptoms)("symptom $name", ({ name, summary, needs, warmUp, check: lookFor }: Symptom) => {
  const own = cases[name]!;

  it("describes itself and its inputs", () => {
    for (const text of [summary, needs]) expect(text).toMatch(/^\S.{9,}[^.]$/);
    expect(warmUp === null || (warmUp >= 0 && warmUp < 1)).toBe(true);
  });

  it("is null without data, and with losses only", () => {
    const wild = series(Array.from({ length: 50 }, (_, i) => (-1) ** i * 10 ** (i / 5)));
    for (const recipe of ["gan", "vae", "cyclegan"]) {
      const model = recipe === "vae" ? { likelihood: "gaussian" } : {};
      const steps = ["generator", "discriminator", "vae", "generators", "discriminatorA"];
      const losses = Object.fromEntries(steps.map((step) => [`${step}/loss`, wild]));
      expect(lookFor(evidence({ recipe, model }))).toBeNull();
      expect(lookFor(evidence({ recipe, model, series: losses }))).toBeNull();
    }
  });

  it("is present and absent in its examples", () => {
    expect(lookFor(own.present)?.present).toBe(true);
    expect(lookFor(own.absent)?.present).toBe(false);
  });

  it("reports its values and thresholds in both cases", () => {
    for (const given of [own.present, own.absent]) {
      const { evidence: said, values } = lookFor(given)!;
      expect(Object.keys(values).length).toBeGreaterThan(0);
      expect(Object.values(values).every(Number.isFinite)).toBe(true);
      // A threshold stands in brackets: (collapse: below 10 %), (a lesson is left from 75 %).
      expect(said).toMatch(/\([^)]*(at least|required|from|below|up to|at most|or more|counts)[^)]*\)/);
      const numbers = [...said.matchAll(/-?\d+(\.\d+)?(e-?\d+)?/g)].map(([text]) => Number(text));
      const shown = Object.values(values).some((value) =>
        [value, 100 * value].some((each) => numbers.includes(Number(each.toPrecision(3)))),
      );
      expect(shown, said).toBe(true);
    }
  });

  it("proposes one change of a flag that the run accepts", () => {
    const sign = lookFor(own.present)!;
    if (!sign.present) throw new Error("it is not seen");
    const { flag, reason } = sign.change(own.present.setup);
    const [, word, value] = /^(--[a-z0-9-]+) (\S+)$/.exec(flag)!;
    const known = flagsOf(own.present.setup.config.recipe).find((one) => one.flag === word);
    expect(known, flag).toBeDefined();
    expect((known!.schema.shape[known!.name] as z.ZodType).safeParse(value).success, flag).toBe(true);
    expect(reason.length).toBeGreaterThan(10);
  });

  it("is deterministic", () => {
    const said = () => {
      const { evidence: words, values } = lookFor(own.present)!;
      return { words, values };
    };
    expect(said()).toEqual(said());
  });
});
