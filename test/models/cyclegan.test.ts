import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { type Losses, cyclegan } from "../../src/models/index.ts";
import { add, mean, mul } from "../../src/ops/index.ts";
import { OpenScope, asNet } from "./open-scope.ts";

const shape = [2, 16, 16, 1];

/** A pair: one image of 0.75 throughout, [-1, 1] inside: 0.5; the other of 0.25, inside -0.5. */
const pair: NdArray = ndarray(
  "float64",
  [1, ...shape],
  Float64Array.from({ length: 512 }, (_, i) => (i < 256 ? 0.75 : 0.25)),
);

/** Generators that add 0.1 and take 0.3 away, and discriminators whose every score is the mean of what they see. */
const scope = new OpenScope({
  AtoB: asNet((x) => add(x, 0.1)),
  BtoA: asNet((x) => add(x, -0.3)),
  discriminatorA: asNet((x) => add(mul(x, 0), mean(x, { axes: [1, 2, 3], keepDims: true }))),
  discriminatorB: asNet((x) => add(mul(x, 0), mean(x, { axes: [1, 2, 3], keepDims: true }))),
  poolA: asNet((x) => x),
  poolB: asNet((x) => x),
});

function lossesOf(
  options: Readonly<Record<string, unknown>>,
  step = 0,
  noise: Readonly<Record<string, NdArray>> = {},
): Record<string, number> {
  const { definition, options: chosen } = cyclegan({ ngf: 2, blocks: 0, ...options });
  const model = definition.build(chosen, { kind: "pair", shape });
  const { loss, logs = {} }: Losses = model.steps[step]!.loss(input("x", [1, ...shape]), scope);
  const all: Record<string, Tensor> = { loss, ...logs };
  const values = evaluate(Object.values(all), { x: pair, ...noise });
  return Object.fromEntries(Object.keys(all).map((name, i) => [name, values[i]!.data[0]!]));
}

// What A becomes is 0.6 inside, what B becomes is -0.8.
const [fooledB, fooledA] = [(0.6 - 1) ** 2, (-0.8 - 1) ** 2];

describe("cyclegan", () => {
  it.each([
    ["both", { cycleA: 0.2, cycleB: 0.2 }],
    ["forward", { cycleA: 0.2 }],
    ["backward", { cycleB: 0.2 }],
    ["none", {}],
  ])("with --cycle %s has the cycles that it names, and the adversarial terms", (cycle, cycles) => {
    const { loss, ...logs } = lossesOf({ cycle });
    expect(Object.keys(logs).toSorted()).toEqual(["AtoB", "BtoA", ...Object.keys(cycles)].toSorted());
    for (const [name, value] of Object.entries({ AtoB: fooledB, BtoA: fooledA, ...cycles })) {
      expect(logs[name], name).toBeCloseTo(value, 6);
    }
    expect(loss).toBeCloseTo(fooledA + fooledB + 10 * 0.2 * Object.keys(cycles).length, 5);
  });

  it("weights its terms as requested: squared cycles, identity, no adversarial loss", () => {
    expect(lossesOf({ cycleLoss: "squared" }).cycleA).toBeCloseTo(0.04, 6);
    const { loss, identityA, identityB } = lossesOf({ identity: 0.5, lambda: 4 });
    expect([identityA, identityB].map((value) => value!.toFixed(5))).toEqual(["0.30000", "0.10000"]);
    expect(loss).toBeCloseTo(fooledA + fooledB + 4 * 0.4 + 2 * 0.4, 5);
    const alone = lossesOf({ adversarial: 0 });
    expect(Object.keys(alone)).toEqual(["loss", "cycleA", "cycleB"]);
    expect(alone.loss).toBeCloseTo(4, 5);
  });

  it("has discriminator losses of half the squared distances from 1 and 0", () => {
    expect(lossesOf({}, 1).loss).toBeCloseTo(((0.5 - 1) ** 2 + 0.8 ** 2) / 2, 6);
    expect(lossesOf({}, 2).loss).toBeCloseTo(((-0.5 - 1) ** 2 + 0.6 ** 2) / 2, 6);
  });

  it("adds noise to everything its discriminators see, real and generated", () => {
    const even = (value: number) =>
      ndarray("float64", [1, ...shape.slice(1)], new Float64Array(shape.slice(1).reduce((a, b) => a * b)).fill(value));
    const noise = {
      "instance noise of real images of A": even(0.1),
      "instance noise of generated images of A": even(-0.2),
      "instance noise of the generator's images of A": even(0.4),
      "instance noise of the generator's images of B": even(0.6),
    };
    const options = { instanceNoise: 0.5 };
    expect(lossesOf(options, 1, noise).loss).toBeCloseTo(((0.55 - 1) ** 2 + 0.9 ** 2) / 2, 6);
    const { AtoB, BtoA, cycleA } = lossesOf(options, 0, noise);
    expect(AtoB).toBeCloseTo((0.6 + 0.3 - 1) ** 2, 6);
    expect(BtoA).toBeCloseTo((-0.8 + 0.2 - 1) ** 2, 6);
    expect(cycleA).toBeCloseTo(0.2, 6);
  });

  it("rejects a loss without terms", () => {
    expect(() => lossesOf({ adversarial: 0, cycle: "none" })).toThrow("the generators need an adversarial");
  });

  it("rejects an identity loss of weight 0", () => {
    const text = "got identity 0.5 with lambda 0";
    expect(() => lossesOf({ lambda: 0, identity: 0.5 })).toThrow(text);
    expect(() => lossesOf({ lambda: 0, identity: 0.5, cycle: "none" })).toThrow(text);
    expect(Object.keys(lossesOf({ cycle: "none", identity: 0.5 }))).toEqual([
      "loss",
      "AtoB",
      "BtoA",
      "identityA",
      "identityB",
    ]);
    expect(() => lossesOf({ lambda: 0 })).not.toThrow();
  });

  it("rejects images whose sides are not multiples of 4, or smaller than a patch", () => {
    const build = (side: number, options = {}) => {
      const { definition, options: chosen } = cyclegan({ ngf: 2, blocks: 0, ...options });
      return definition.build(chosen, { kind: "pair", shape: [2, side, side, 3] });
    };
    expect(() => build(18)).toThrow("multiples of 4");
    expect(() => build(12)).toThrow("must be at least as large as a patch, 16 x 16 - got [12, 12, 3]");
    expect(() => build(32, { discriminatorLayers: 2 })).toThrow(OptionError);
    expect(() => build(36, { discriminatorLayers: 2 })).not.toThrow();
  });
});
