import { expect, it } from "vitest";

import { nodeEngine } from "../../src/node/index.ts";
import { dagTheoryRow } from "../../src/repro/dag-theory.ts";
import { readGolden } from "../golden/golden.ts";

it("dag-theory: JS is invariant under invertible maps, and smaller if rotations share one discriminator", async () => {
  const { values, pictures } = await dagTheoryRow.run({
    scale: "full",
    engine: await nodeEngine({ device: "cpu" }),
    open: () => Promise.reject(new Error("no data are opened")),
    say: () => undefined,
    diagnosed: () => undefined,
  });
  expect(dagTheoryRow.verdict(values, "full").passed).toBe(true);
  // By numpy's quadrature: test/golden/augmented.py.
  const { js } = readGolden<{ js: { plane: number; line: number } }>("augmented");
  expect(values.js).toBeCloseTo(js.plane, 8);
  expect(values["js/projection"]).toBeCloseTo(js.line, 8);
  for (const name of ["90 degrees", "180 degrees", "270 degrees", "left-right", "up-down", "shear", "scaling"]) {
    expect(values[`js/${name}`], name).toBeCloseTo(js.plane, 7);
  }
  // The images' own divergence, from its definition.
  const places = Array.from({ length: 64 }, (_, i) => [1 + Math.floor(i / 8), 1 + (i % 8)] as const);
  const sum = places.reduce((total, [p]) => total + p, 0);
  const terms = places.map(([p, q]) => p * Math.log((2 * p) / (p + q)) + q * Math.log((2 * q) / (p + q)));
  expect(values.images).toBeCloseTo(terms.reduce((total, term) => total + term) / (2 * sum), 12);
  // Bounds of any JS, and of one of items that are seen turned now and then.
  expect(values["turned/plain"]).toBeLessThan(Math.LN2);
  expect(values["turned/some-chance"]).toBeLessThan(values["turned/plain"]!);
  expect(Object.keys(pictures!)).toEqual(["turned"]);
  expect(String(pictures!.turned).match(/<polyline/g)).toHaveLength(4);
});
