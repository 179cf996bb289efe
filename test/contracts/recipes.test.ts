import { describe, expect, it } from "vitest";

import { describeOptions, flagOf, parseOptions } from "../../src/base/options.ts";
import { lossScalar, sampleEmd, stepScalar } from "../../src/base/scalar-names.ts";
import { symptoms } from "../../src/diagnosis/index.ts";
import { metrics } from "../../src/metrics/index.ts";
import { type Model, type ModelDefinition, type Remedy, models } from "../../src/models/index.ts";
import { drawParameters, initialState, slotNamesOf } from "../../src/step/initial-state.ts";
import { traceStep } from "../../src/step/trace.ts";
import { type RecipeCase, recipeCases } from "./recipes.ts";

// What every recipe owes by its declarations, told without training: `models.test.ts` trains each.

it("there is a case for every recipe", () => {
  expect(Object.keys(recipeCases).toSorted()).toEqual(models.map(({ name }) => name).toSorted());
});

it("recipes have unique names", () => {
  expect(new Set(models.map(({ name }) => name)).size).toBe(models.length);
});

type Options = Readonly<Record<string, unknown>>;

function built(definition: ModelDefinition, options: Options): Model {
  const { on, small } = recipeCases[definition.name]!;
  return definition.build(parseOptions(definition.options, { ...small, ...options }, definition.name), on);
}

/** Names of what the model's whole step logs. */
function loggedBy(model: Model, { on }: RecipeCase): string[] {
  const batch = [4, ...on.shape];
  const { layouts, values } = drawParameters(model, 0);
  const slotNames = slotNamesOf(initialState(model, values, () => 1e-3));
  const { program } = traceStep({ model, layouts, batch, rate: () => 1e-3, slotNames });
  return Object.keys(program.outputs).toSorted();
}

describe.each(models)("recipe $name", (definition) => {
  const own = recipeCases[definition.name]!;
  const each: [string, Options][] = [{}, ...own.variants].map((options) => [JSON.stringify(options), options]);

  it("describes itself and each option", () => {
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

  it.each(each)("declares which net learns from which discriminator, with %s", (_, options) => {
    const { adversarial = [], reluNets = [], steps, nets } = built(definition, options);
    for (const { net, step, discriminator, accuracy } of adversarial) {
      expect(steps.find(({ name }) => name === step)!.updates).toContain(net);
      const opponent = steps.find(({ name }) => name === discriminator)!;
      expect(opponent.updates).not.toContain(net);
      if (accuracy !== null) expect(opponent.scalars).toContain(accuracy);
    }
    expect(Object.keys(nets)).toEqual(expect.arrayContaining([...reluNets]));
  });

  it.each(each)("offers valid remedies that the run does not use yet, with %s", (_, options) => {
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
