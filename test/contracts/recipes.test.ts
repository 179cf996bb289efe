import { describe, expect, it } from "vitest";

import { describeOptions, flagOf, parseOptions } from "../../src/base/options.ts";
import { lossScalar, sampleEmd, stepScalar } from "../../src/base/scalar-names.ts";
import { symptoms } from "../../src/diagnosis/index.ts";
import { metrics } from "../../src/metrics/index.ts";
import { type DataInfo, type Model, type ModelDefinition, type Remedy, models } from "../../src/models/index.ts";
import { initialState, slotNamesOf } from "../../src/step/initial-state.ts";
import { layoutsOf } from "../../src/step/layout.ts";
import { traceStep } from "../../src/step/trace.ts";

// What every recipe owes by its declarations, told without training: `models.test.ts` trains each.

type Options = Readonly<Record<string, unknown>>;

/** What a recipe is built with; nets as small as can be. */
interface Case {
  readonly on: DataInfo;
  readonly small: Options;
  /** Options under which it logs other scalars, has other roles or offers other remedies. */
  readonly variants: readonly Options[];
}

const points: DataInfo = { kind: "points", shape: [2] };
const digits: DataInfo = { kind: "image", shape: [8, 8, 1], classes: 10, items: 5000 };
const pairs: DataInfo = { kind: "pair", shape: [2, 16, 16, 1] };

const coders = { hidden: [4], latent: 2 };
const players = { hidden: [4], latent: 2 };
/** Symptoms whose causes the options of every game can be. */
const astray = { discriminatorRate: 9, instanceNoise: 0.1, initialBias: -5, discriminatorActivation: "relu" };
const augmented = [{ augment: "ada" }, { augment: "dag" }, { activation: "tanh" }, astray];
const critics = [{ augment: "dag" }, { activation: "tanh" }, astray];
const losses = [{ loss: "minimax" }, { loss: "hinge" }];

const cases: Readonly<Record<string, Case>> = {
  vae: {
    on: digits,
    small: coders,
    variants: [
      { estimator: "score-function", baseline: "mean" },
      { likelihood: "gaussian", sigma: 2, activation: "tanh" },
    ],
  },
  "beta-vae": {
    on: digits,
    small: coders,
    variants: [{ beta: 1 }, { klTarget: 20 }, { capacity: 10 }, { likelihood: "gaussian", sigma: 2 }],
  },
  iwae: { on: digits, small: coders, variants: [{ likelihood: "gaussian", sigma: 2 }] },
  "categorical-vae": {
    on: digits,
    small: { hidden: [4], variables: 2, categories: 2 },
    variants: [{ estimator: "straight-through" }, { estimator: "score-function" }, { kl: "relaxed" }],
  },
  autoencoder: { on: digits, small: coders, variants: [{ activation: "tanh" }] },
  gan: { on: points, small: players, variants: [...augmented, ...losses] },
  wgan: { on: points, small: players, variants: critics },
  "wgan-gp": { on: points, small: players, variants: critics },
  "unrolled-gan": { on: points, small: { ...players, unroll: 1 }, variants: [...augmented, ...losses] },
  veegan: { on: points, small: players, variants: augmented },
  adagan: { on: points, small: { ...players, components: 2 }, variants: [...augmented, ...losses] },
  pacgan: { on: points, small: players, variants: [...augmented, ...losses] },
  cyclegan: {
    on: pairs,
    small: { ngf: 2, blocks: 0, pool: 2 },
    variants: [{ augment: "ada" }, { lambda: 0 }, { cycle: "forward" }, { identity: 0.5 }, { adversarial: 0 }],
  },
  pix2pix: {
    on: pairs,
    small: { ngf: 2 },
    variants: [{ augment: "ada" }, { lambda: 0 }, { direction: "BtoA" }, { adversarial: 0 }],
  },
  classifier: { on: digits, small: { hidden: [4], features: 4 }, variants: [{ task: "transform" }] },
};

it("there is a case for every recipe", () => {
  expect(Object.keys(cases).toSorted()).toEqual(models.map(({ name }) => name).toSorted());
});

it("names differ", () => {
  expect(new Set(models.map(({ name }) => name)).size).toBe(models.length);
});

function built(definition: ModelDefinition, options: Options): Model {
  const { on, small } = cases[definition.name]!;
  return definition.build(parseOptions(definition.options, { ...small, ...options }, definition.name), on);
}

/** Names of what the model's whole step logs. */
function loggedBy(model: Model, { on }: Case): string[] {
  const batch = [4, ...on.shape];
  const slotNames = slotNamesOf(initialState(model, 0, () => 1e-3));
  const { program } = traceStep({ model, layouts: layoutsOf(model, 0), batch, rate: () => 1e-3, slotNames });
  return Object.keys(program.outputs).toSorted();
}

describe.each(models)("recipe $name", (definition) => {
  const own = cases[definition.name]!;
  const each: [string, Options][] = [{}, ...own.variants].map((options) => [JSON.stringify(options), options]);

  it("tells what it is, and what each option means", () => {
    expect(definition.summary.length).toBeGreaterThan(10);
    expect(definition.source).toMatch(/\d{4}/);
    for (const { name, doc } of describeOptions(definition.options)) expect(doc.length, name).toBeGreaterThan(10);
  });

  it.each(each)("logs the scalars that its steps declare, with %s", (_, options) => {
    const model = built(definition, options);
    const declared = model.steps.flatMap(({ name, scalars }) => {
      expect(scalars, name).toBeDefined();
      return [lossScalar, ...scalars!].map((scalar) => stepScalar.name({ step: name, scalar }));
    });
    expect(loggedBy(model, own)).toEqual(declared.toSorted());
    // A name is read as it was built.
    for (const name of [...model.steps.map((step) => step.name), ...Object.keys(model.nets)]) {
      expect(name).toMatch(/^[^/.]+$/);
    }
    if (model.bestBy === undefined) return;
    const { scalar } = model.bestBy;
    const known = [...metrics.map(({ name }) => name), sampleEmd];
    expect(known).toContain(scalar);
  });

  it.each(each)("declares who learns from whom, with %s", (_, options) => {
    const { adversarial = [], reluNets = [], steps, nets } = built(definition, options);
    for (const { net, step, discriminator, accuracy } of adversarial) {
      expect(steps.find(({ name }) => name === step)!.updates).toContain(net);
      const opponent = steps.find(({ name }) => name === discriminator)!;
      expect(opponent.updates).not.toContain(net);
      if (accuracy !== null) expect(opponent.scalars).toContain(accuracy);
    }
    expect(Object.keys(nets)).toEqual(expect.arrayContaining([...reluNets]));
  });

  it.each(each)("offers remedies that can be had, and none that the run has, with %s", (_, options) => {
    const { remedies = [], nets } = built(definition, options);
    for (const { option, against, value, reason, nets: about = [] } of remedies) {
      const tried = typeof value === "function" ? value(1) : value;
      const flag = flagOf(option);
      expect(describeOptions(definition.options).map(({ name }) => name)).toContain(option);
      expect(reason.length, flag).toBeGreaterThan(20);
      expect(against.length, flag).toBeGreaterThan(0);
      expect(symptoms.map(({ name }) => name)).toEqual(expect.arrayContaining([...against]));
      expect(Object.keys(nets)).toEqual(expect.arrayContaining([...about]));
      // Whoever takes it is not told of it again.
      const isSame = (other: Remedy) =>
        other.option === option &&
        (typeof value === "function" ? typeof other.value === "function" : other.value === value);
      expect((built(definition, { ...options, [option]: tried }).remedies ?? []).filter(isSame), flag).toEqual([]);
    }
  });
});
