import { describe, expect, it } from "vitest";

import { OptionError } from "../../src/base/errors.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { input } from "../../src/graph/tensor.ts";
import { type Direction, pix2pix } from "../../src/models/index.ts";
import { add, mul, slice } from "../../src/ops/index.ts";
import { OpenScope, asNet } from "./open-scope.ts";

const image = [16, 16, 1];

/** Images of one value, outside in [0, 1]. */
const even = (value: number) => ndarray("float64", [1, ...image], new Float64Array(256).fill(value));

function build(options: Readonly<Record<string, unknown>>) {
  const { definition, options: chosen } = pix2pix({ ngf: 2, ...options });
  return definition.build(chosen, { kind: "pair", shape: [2, ...image] });
}

describe("the discriminator of pix2pix", () => {
  // Inside the one is 0.5 and the other -0.5.
  const [a, b] = [even(0.75), even(0.25)];

  it.each([
    ["AtoB", 2 * 0.5 - 0.5],
    ["BtoA", -2 * 0.5 + 0.5],
  ] as const)("concatenates an image with its source, %s, as in training", (direction, expected) => {
    const model = build({ direction: direction satisfies Direction });
    const scope = new OpenScope({
      [direction]: asNet((x) => x),
      // The first of a pair counts twice.
      discriminator: asNet((x) => add(mul(slice(x, 3, 0, 1), 2), slice(x, 3, 1, 2))),
    });
    const { map, input: name, source, output } = model.translators![direction]!.discriminator!;
    const [given, wanted] = direction === "AtoB" ? [a, b] : [b, a];
    const [x, s] = [input("x", [1, ...image]), input("source", [1, ...image])];
    const score = model.maps[map]!.outputs({ [name]: x, [source!]: s }, scope)[output]!;
    const [scored] = evaluate([score], { x: wanted, source: given });
    expect(scored!.shape).toEqual([1, 1]);
    expect(scored!.data[0]).toBeCloseTo(expected, 9);

    const pair = ndarray("float64", [1, 2, ...image], Float64Array.from([...a.data, ...b.data]));
    const { logs } = model.steps[0]!.loss(input("batch", [1, 2, ...image]), scope);
    expect(evaluate([logs!.real!], { batch: pair })[0]!.data[0]).toBeCloseTo(expected, 9);
  });
});

describe("pix2pix", () => {
  it("rejects a loss without terms", () => {
    const attempt = () => build({ lambda: 0, adversarial: 0 });
    expect(attempt).toThrow(OptionError);
    expect(attempt).toThrow("pix2pix: the generator needs an L1 or an adversarial loss, but both weights are 0");
    expect(() => build({ lambda: 0 })).not.toThrow();
    expect(() => build({ adversarial: 0 })).not.toThrow();
  });
});
