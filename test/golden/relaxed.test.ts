import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { ndarray } from "../../src/base/ndarray.ts";
import { relaxedKlTerms, relaxedLogDensity, sampleLogGumbelSoftmax } from "../../src/distributions/index.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { add, mul, stopGradient, sum } from "../../src/ops/index.ts";
import "../tolerance.ts";
import { engines } from "./engines.ts";
import { type Result, type Wave, readGolden, resultArray, wave } from "./golden.ts";

type Values = Readonly<Record<"logDensity" | "kl", Result>> & { readonly density?: Result };

interface Case {
  readonly name: string;
  readonly temperature: number;
  readonly inputs: Readonly<Record<"logits" | "uniform" | "cotangent", Wave>>;
  readonly outputs: Values;
  readonly gradients: Values;
}

const { cases } = readGolden<{ cases: readonly Case[] }>("relaxed");

describe.each(cases)("relaxed categorical draws, $name, beside PyTorch", (golden) => {
  const { inputs, outputs, gradients } = golden;
  const temperature = input("temperature", []);
  const [logits, uniform, cotangent] = (["logits", "uniform", "cotangent"] as const).map((name) =>
    input(name, inputs[name].shape),
  ) as [Tensor, Tensor, Tensor];
  const feeds = {
    logits: wave(inputs.logits),
    uniform: wave(inputs.uniform),
    cotangent: wave(inputs.cotangent),
    temperature: ndarray("float64", [], Float64Array.of(golden.temperature)),
  };
  const logY = sampleLogGumbelSoftmax(logits, uniform, temperature);
  const fixed = stopGradient(logY);
  const density = relaxedLogDensity(logits, fixed, temperature);
  const all: Readonly<Record<keyof Values, Tensor>> = {
    density,
    logDensity: add(density, sum(fixed, { axes: [inputs.logits.shape.length - 1] })),
    kl: relaxedKlTerms(logits, logY, temperature),
  };

  describe.each(engines)("on the engine %s", (_, engine, relative) => {
    it.each(Object.keys(outputs) as (keyof Values)[])("%s, and its gradient", async (name) => {
      const gradient = grad(sum(mul(all[name], cotangent)), [logits])[0]!;
      const compiled = await engine.compile({ outputs: { value: all[name], gradient } });
      const results = await compiled.run(feeds);
      await compiled.release();
      const known = { value: resultArray(outputs[name]!), gradient: resultArray(gradients[name]!) };
      for (const [part, values] of Object.entries(known)) {
        expect(results[part], part).toBeAllclose(values, { relative });
      }
    });
  });
});
