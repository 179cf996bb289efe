import { expect, it } from "vitest";

import { type Evaluation, evaluationFile } from "../../src/evaluation/index.ts";

it("a result's file is named by its protocol, and by the parameters if they are not the default ones", () => {
  const protocol = { data: "ring8", part: "test", fingerprint: "0123", n: 50, options: { samples: 7 } };
  const evaluation = { metric: "nll", protocol } as unknown as Evaluation;
  const file = (weights: "ema" | "last" | null) => evaluationFile(evaluation, { step: 90, seed: 3, weights });
  expect(file(null)).toBe("eval/nll@samples=7,part=test,n=50,data=0123,step=90,seed=3.json");
  expect(file("ema")).toBe(file(null));
  expect(file("last")).toBe("eval/nll@samples=7,part=test,n=50,data=0123,step=90,seed=3,weights=last.json");
});
