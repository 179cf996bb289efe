import { expect, it } from "vitest";

import { jsVsWRow } from "../../src/repro/js-vs-w.ts";
import { nodeEngine } from "../../src/node/index.ts";

it("js-vs-w: the gradient of JS vanishes where that of W1 is still 1", async () => {
  const { values, pictures } = await jsVsWRow.run({
    scale: "full",
    engine: await nodeEngine({ device: "cpu" }),
    open: () => Promise.reject(new Error("no data are opened")),
    say: () => undefined,
    diagnosed: () => undefined,
  });
  expect(jsVsWRow.verdict(values, "full").passed).toBe(true);
  // Of scipy's adaptive quadrature: test/golden/distances.json.
  expect(values["js/0.5"]).toBeCloseTo(0.0303113005, 9);
  expect(values["js/8"]).toBeCloseTo(0.693053645, 9);
  expect(values["js/gradient/2"]).toBeGreaterThan(0.1);
  expect(values["js/gradient/12"]).toBeLessThan(1e-7);
  expect(values["w1/gradient/12"]).toBe(1);
  expect(values["lines/js/gradient/1"]).toBe(0);
  expect(Object.values(values).every(Number.isFinite)).toBe(true);
  expect(Object.keys(pictures!)).toEqual(["values", "gradients"]);
  for (const svg of Object.values(pictures!).map(String)) {
    expect(svg.match(/<polyline/g)).toHaveLength(3);
    expect(svg).not.toContain("<circle");
  }
});
