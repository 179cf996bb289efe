import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import type { Model, TrainStep } from "../../src/models/index.ts";
import { batchesIn, scheduleStages } from "../../src/step/stages.ts";

function step(name: string, repeat?: number): TrainStep {
  const unused = (): never => {
    throw new Error("nothing is trained here");
  };
  return { name, updates: [name], optimizer: unused, loss: unused, ...(repeat !== undefined && { repeat }) };
}

function model(steps: readonly TrainStep[], shares?: readonly number[]): Model {
  const stages = shares?.map((share, i) => ({ steps: [steps[i]!.name], share }));
  return { nets: {}, maps: {}, steps, ...(stages && { stages }) };
}

describe("scheduleStages", () => {
  it("is one stage with all steps without stages", () => {
    const stages = scheduleStages(model([step("critic", 5), step("generator")]), 70);
    expect(stages).toMatchObject([{ first: 0, end: 70, firstBatch: 0, perStep: 5 }]);
    expect(stages[0]!.model.steps.map(({ name }) => name)).toEqual(["critic", "generator"]);
  });

  it("gives each stage its share of the steps, and only its steps", () => {
    const stages = scheduleStages(model([step("a"), step("b"), step("c", 3)], [1, 0.5, 2.5]), 80);
    expect(stages.map(({ first, end }) => [first, end])).toEqual([
      [0, 20],
      [20, 30],
      [30, 80],
    ]);
    expect(stages.map((stage) => stage.model.steps.map(({ name }) => name))).toEqual([["a"], ["b"], ["c"]]);
    expect(stages.map(({ firstBatch, perStep }) => [firstBatch, perStep])).toEqual([
      [0, 1],
      [20, 1],
      [30, 3],
    ]);
  });

  it("omits no step and no stage, whatever the shares", () => {
    const shares = fc.array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(shares, fc.nat({ max: 200 }), (given, more) => {
        const steps = given.length + more;
        const stages = scheduleStages(
          model(
            given.map((_, i) => step(`s${i}`)),
            given,
          ),
          steps,
        );
        expect(stages).toHaveLength(given.length);
        expect(stages[0]!.first).toBe(0);
        expect(stages.at(-1)!.end).toBe(steps);
        stages.forEach(({ first, end }, i) => {
          expect(end).toBeGreaterThan(first);
          if (i > 0) expect(first).toBe(stages[i - 1]!.end);
        });
      }),
    );
  });

  it("rejects fewer steps than stages", () => {
    const staged = model([step("a"), step("b"), step("c")], [1, 1, 1]);
    expect(() => scheduleStages(staged, 2)).toThrow(OptionError);
    expect(() => scheduleStages(staged, 2)).toThrow("at least as many as the model's 3 stages - got 2");
    expect(scheduleStages(staged, 3).map(({ end }) => end)).toEqual([1, 2, 3]);
  });
});

it("batchesIn counts the batches of the first n steps", () => {
  const stages = scheduleStages(model([step("a", 2), step("b"), step("c", 3)], [1, 1, 1]), 12);
  expect([0, 1, 4, 5, 8, 9, 12].map((done) => batchesIn(stages, done))).toEqual([0, 2, 8, 9, 12, 15, 24]);
});
