import { describe, expect, it } from "vitest";

import { type NdArray, ndarray, zeros } from "../../src/base/ndarray.ts";
import { key, normal, uniform } from "../../src/base/random.ts";
import { classConsistency, cycleError, hiddenInformation, pairError, psnr, ssim } from "../../src/metrics/index.ts";
import { type Wave, readGolden, wave } from "../golden/golden.ts";

const golden = readGolden<{
  inputs: Readonly<Record<string, Wave>>;
  cases: readonly { readonly shape: readonly number[]; readonly ssim: number; readonly psnr: number }[];
}>("similarity");

const images = uniform(key(1), [5, 12, 14, 3]);

function changed(x: NdArray, by: (value: number, i: number) => number): NdArray {
  return ndarray("float32", x.shape, Float32Array.from(x.data, by));
}

describe("translations against the truth", () => {
  it("agree with scikit-image's structural similarity and peak signal-to-noise ratio", () => {
    golden.cases.forEach(({ shape, ssim: similar, psnr: ratio }, i) => {
      const [a, b] = [wave(golden.inputs[`a${i}`]!), wave(golden.inputs[`b${i}`]!)];
      const truth = ndarray("float64", [1, ...shape], a.data);
      const made = ndarray(
        "float64",
        [1, ...shape],
        a.data.map((value, at) => 0.7 * value + 0.3 * b.data[at]!),
      );
      const inputs = { source: truth, made, truth };
      expect(ssim.measure(inputs, {}).value).toBeCloseTo(similar, 7);
      expect(psnr.measure(inputs, {}).value).toBeCloseTo(ratio, 7);
    });
  });

  it("have the distance by which they were moved, next to that of unchanged images", () => {
    const truth = changed(images, (value) => value / 2);
    const made = changed(truth, (value, i) => value + (i % 2 === 0 ? 0.1 : -0.3));
    const { value, n, details } = pairError.measure({ source: images, made, truth }, {});
    expect(value).toBeCloseTo(0.2, 6);
    expect(n).toBe(5);
    const half = images.data.reduce((sum, each) => sum + each / 2, 0) / images.data.length;
    expect(details["unchanged"]).toBeCloseTo(half, 5);
  });

  it("have the ideal values if they are the true targets", () => {
    const inputs = { source: changed(images, () => 0.5), made: images, truth: images };
    expect(pairError.measure(inputs, {}).value).toBe(0);
    expect(ssim.measure(inputs, {}).value).toBeCloseTo(1, 9);
    expect(psnr.measure(inputs, {}).value).toBeCloseTo(-10 * Math.log10(1 / 255 ** 2 / 12), 9);
  });

  it("are rejected by ssim if its window does not fit", () => {
    const tiny = zeros([2, 10, 20, 1]);
    expect(() => ssim.measure({ source: tiny, made: tiny, truth: tiny }, {})).toThrow(
      "needs images of at least 11 pixels",
    );
  });
});

describe("classConsistency", () => {
  it("is the fraction of classes kept, next to the classifier's own accuracy", () => {
    const predicted = Int32Array.of(0, 1, 2, 3);
    const labels = Int32Array.of(0, 1, 2, 0);
    const { value, details } = classConsistency.measure({ predicted, predictedOfTruth: labels, labels }, {});
    expect(value).toBe(0.75);
    expect(details).toEqual({ ofTruth: 1 });
  });
});

describe("cycles", () => {
  const noise = normal(key(2), images.shape);
  const made = changed(images, (value) => 1 - value);
  const disturbed = changed(made, (value, i) => value + 0.01 * noise.data[i]!);
  const backBy = (gain: number) => ({
    source: images,
    made,
    back: changed(images, (value) => value + 0.25),
    disturbed,
    backOfDisturbed: changed(images, (value, i) => value + 0.25 + gain * (disturbed.data[i]! - made.data[i]!)),
  });

  it("have the distance between an image and its reconstruction", () => {
    expect(cycleError.measure(backBy(1), {}).value).toBeCloseTo(0.25, 6);
  });

  it("pass faint noise unchanged, or amplified if information is hidden in it", () => {
    expect(hiddenInformation.measure(backBy(1), {}).value).toBeCloseTo(1, 3);
    const { value, details } = hiddenInformation.measure(backBy(-40), {});
    expect(value).toBeCloseTo(40, 1);
    expect(details["errorWith"]).toBeGreaterThan(details["errorWithout"] as number);
  });
});
