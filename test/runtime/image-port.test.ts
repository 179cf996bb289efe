import { describe, expect, it } from "vitest";

import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { key, normal, uniform } from "../../src/base/random.ts";
import { rangeOfImages } from "../../src/runtime/index.ts";

const shape = [4, 3, 16, 16];

function images(value: (unit: number, gauss: number, i: number) => number): NdArray<"float32"> {
  const [units, gauss] = [uniform(key(1), shape).data, normal(key(2), shape).data];
  return ndarray(
    "float32",
    shape,
    Float32Array.from(units, (unit, i) => value(unit, gauss[i]!, i)),
  );
}

describe("the undeclared range of images", () => {
  it.each([
    ["0,1", "a sigmoid's", images((unit) => unit)],
    [
      "0,1",
      "on black, of a net without a limiting last layer",
      images((unit, gauss) => (unit < 0.7 ? 0 : unit) + 0.03 * gauss),
    ],
    ["-1,1", "a tanh's", images((_, gauss) => Math.tanh(2 * gauss))],
    ["-1,1", "a tanh's, all close to grey", images((_, gauss) => Math.tanh(0.05 * gauss))],
    ["0,255", "bytes", images((unit) => Math.floor(256 * unit))],
  ] as const)("is %s for %s", (range, _, made) => {
    expect(rangeOfImages(made)).toBe(range);
  });

  it.each([
    ["spread around 0 far beyond 1", images((_, gauss) => 3 * gauss)],
    ["a tanh's of bright images, which could be of 0 to 1 too", images((unit, _, i) => (i % 50 === 0 ? -0.4 : unit))],
  ])("is not inferred if they are %s", (_, made) => {
    expect(rangeOfImages(made)).toBeNull();
  });
});
