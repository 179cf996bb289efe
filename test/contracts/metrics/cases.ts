import { fold, key, normal } from "../../../src/base/random.ts";
import { coded, coders } from "../../metrics/factor-codes.ts";
import { type MetricCase, array, balls, line, metricCase, sets } from "./case.ts";

// A case for each metric: a value in closed form, what a perfect model and a worse one get, and what is refused.

const draws = (name: string, n: number, d = 2): number[][] => {
  const { data } = normal(fold(key(3), name), [n, d]);
  return Array.from({ length: n }, (_, i) => [...data.subarray(i * d, (i + 1) * d)]);
};
const moved = (rows: readonly (readonly number[])[], by: readonly number[]) =>
  rows.map((row) => row.map((value, j) => value + by[j]!));

const twentyPoints = draws("twenty", 20);
const [manyA, manyB] = [draws("a", 400), draws("b", 400)];
const differentWidths = {
  inputs: sets(
    line(40, (i) => i),
    draws("wide", 40),
  ),
  says: "[n, d] with the same d",
};
const fewItems = (n: number) => ({
  inputs: sets(
    line(n, (i) => i),
    line(n, (i) => i),
  ),
  says: "needs at least",
});

/** 40 real items in two groups far apart, and as many samples within the first. */
const twoGroups = line(40, (i) => (i < 20 ? i : 980 + i));
const oneGroup = line(40, (i) => 0.25 + i / 2);
const equalLines = balls(
  sets(
    line(40, (i) => i),
    line(40, (i) => i),
  ),
);
const farLines = balls(
  sets(
    line(40, (i) => 5000 + i),
    line(40, (i) => i),
  ),
);
/** Real items evenly on a circle, and samples a fifth of a step further on. */
const circle = (n: number, turned: number) =>
  Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * (i + turned)) / n;
    return [Math.cos(angle), Math.sin(angle)];
  });

const images = (n: number, value: (at: number) => number, side = 11) => array([n, side, side, 1], value);
const grey = (at: number): number => 0.5 + 0.4 * Math.sin(at);
const translated = (made: (at: number) => number) => ({
  source: images(4, (at) => 1 - grey(at)),
  made: images(4, made),
  truth: images(4, grey),
});
const cycled = (back: number, changed: number) => ({
  source: images(4, grey),
  made: images(4, grey),
  back: images(4, (at) => grey(at) + back),
  disturbed: images(4, (at) => grey(at) + 0.01),
  backOfDisturbed: images(4, (at) => grey(at) + back + changed),
});
const otherSize = { ...translated(grey), made: images(4, grey, 12) };

/** The logits of a classifier that tells these classes of three. */
const telling = (predicted: readonly number[], labels: readonly number[]) => ({
  logits: array([predicted.length, 3], (at) => Number(at % 3 === predicted[Math.floor(at / 3)])),
  labels: Int32Array.from(labels),
  noise: array([0, 3], []),
});

const hits = (nearest: readonly number[]) => ({
  count: 4,
  nearest: Int32Array.from(nearest),
  good: Uint8Array.from(nearest, () => 1),
  noise: null,
});

const distances = (n: number, at: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => at(i));
const heldOut = distances(100, (i) => i + 1);

const gradients = (...halfDistances: number[]) => ({
  own: {
    mean: array([2], [1, 1]),
    variance: array([2], [1, 1]),
    halfDistances: Float64Array.from(halfDistances),
    draws: 2 * halfDistances.length,
  },
});

const factors = { options: { points: 300 } };
const codes = (coder: (typeof coders)[keyof typeof coders]) => ({ inputs: coded(450, coder), ...factors });
const oneCode = { inputs: coded(450, ([a]) => [a!]), ...factors, says: "at least 2 numbers" };

export const metricCases: readonly MetricCase[] = [
  metricCase({
    metric: "elbo",
    needs: "bound",
    exact: {
      inputs: {
        recon: array([2], [1, 3]),
        klPerLatent: array([2, 2], [1, 2, 3, 0]),
        mean: array([2, 2], () => 0),
        dimensions: 4,
      },
      value: 5,
    },
    // A code that says nothing, of an item that is a fair coin four times.
    perfect: {
      inputs: {
        recon: array([2], () => 4 * Math.LN2),
        klPerLatent: array([2, 1], () => 0),
        mean: array([2, 1], () => 0),
        dimensions: 4,
      },
      value: 4 * Math.LN2,
    },
    worse: {
      inputs: {
        recon: array([2], () => 4),
        klPerLatent: array([2, 1], () => 0),
        mean: array([2, 1], () => 0),
        dimensions: 4,
      },
    },
    twice: true,
    refuses: [],
  }),
  metricCase({
    metric: "nll",
    needs: "logWeights",
    // The mean of 1 and 3, and of 2 and 2.
    exact: {
      inputs: { values: array([2, 2], [0, Math.log(3), Math.LN2, Math.LN2]), dimensions: 4 },
      value: -Math.LN2,
    },
    perfect: { inputs: { values: array([3, 5], () => -4 * Math.LN2), dimensions: 4 }, value: 4 * Math.LN2 },
    worse: { inputs: { values: array([3, 5], () => -4), dimensions: 4 } },
    twice: true,
    refuses: [],
  }),
  metricCase({
    metric: "modes",
    needs: "modes",
    exact: { inputs: hits([0, 0, 1, 2]), value: 3 },
    perfect: { inputs: hits([0, 1, 2, 3]), value: 4 },
    worse: { inputs: hits([0, 0, 0, 0]) },
    twice: true,
    refuses: [],
  }),
  metricCase({
    metric: "emd",
    needs: "features",
    // The best plan moves each point as far as all of them are moved.
    exact: { inputs: sets(moved(twentyPoints, [3, 4]), twentyPoints), value: 5 },
    perfect: { inputs: sets(twentyPoints.toReversed(), twentyPoints), value: 0 },
    worse: { inputs: sets(moved(twentyPoints, [0.1, 0]), twentyPoints) },
    twice: true,
    refuses: [differentWidths, fewItems(1)],
  }),
  metricCase({
    metric: "fid",
    needs: "features",
    exact: { inputs: sets(moved(twentyPoints, [3, 4]), twentyPoints), value: 25 },
    perfect: { inputs: sets(twentyPoints, twentyPoints), value: 0 },
    worse: { inputs: sets(moved(twentyPoints, [0.1, 0]), twentyPoints) },
    refuses: [
      differentWidths,
      fewItems(1),
      { inputs: sets(draws("few", 3, 3), draws("few", 3, 3)), says: "needs more items than features" },
    ],
  }),
  metricCase({
    metric: "kid",
    needs: "features",
    // (1 * 1 + 1)^3 - 2 (0 * 1 + 1)^3 + (0 * 0 + 1)^3.
    exact: {
      inputs: sets(
        line(20, () => 1),
        line(20, () => 0),
      ),
      value: 7,
    },
    perfect: { inputs: sets(manyA, manyB), value: 0, within: 0.2 },
    worse: { inputs: sets(moved(manyA, [2, 0]), manyB) },
    orderWithin: 1,
    refuses: [differentWidths, fewItems(19)],
  }),
  metricCase({
    metric: "precision",
    needs: "neighbours",
    exact: { inputs: balls(sets(twoGroups, oneGroup)), value: 0.5 },
    perfect: { inputs: equalLines, value: 1 },
    worse: { inputs: farLines },
    refuses: [],
  }),
  metricCase({
    metric: "recall",
    needs: "neighbours",
    exact: { inputs: balls(sets(oneGroup, twoGroups)), value: 0.5 },
    perfect: { inputs: equalLines, value: 1 },
    worse: { inputs: farLines },
    refuses: [],
  }),
  metricCase({
    metric: "density",
    needs: "neighbours",
    // A ball reaches to the third point on either side: six of them hold a sample, where five are expected.
    exact: { inputs: balls(sets(circle(40, 0.2), circle(40, 0))), value: 1.2 },
    perfect: { inputs: balls(sets(manyA, manyB)), value: 1, within: 0.2 },
    worse: { inputs: farLines },
    refuses: [],
  }),
  metricCase({
    metric: "coverage",
    needs: "neighbours",
    exact: { inputs: balls(sets(oneGroup, twoGroups)), value: 0.5 },
    perfect: { inputs: equalLines, value: 1 },
    worse: { inputs: farLines },
    refuses: [],
  }),
  metricCase({
    metric: "sharpness",
    needs: "samples",
    // A variance goes with the square of the contrast.
    exact: {
      inputs: { generated: images(4, (at) => grey(at) / 2), reference: images(4, grey) },
      value: 0.25,
    },
    perfect: { inputs: { generated: images(4, grey), reference: images(4, grey) }, value: 1 },
    worse: { inputs: { generated: images(4, () => 0.5), reference: images(4, grey) } },
    twice: true,
    refuses: [
      { inputs: { generated: images(4, grey), reference: images(4, () => 1) }, says: "must not all be constant" },
      { inputs: { generated: images(4, grey, 2), reference: images(4, grey, 2) }, says: "at least 3 x 3 pixels" },
    ],
  }),
  metricCase({
    metric: "diversity",
    needs: "vectors",
    exact: {
      inputs: sets(
        manyB.map((row) => row.map((value) => value / 2)),
        manyB,
      ),
      value: 0.5,
    },
    perfect: { inputs: sets(manyB, manyB), value: 1 },
    worse: {
      inputs: sets(
        line(40, () => 1),
        line(40, (i) => i),
      ),
    },
    refuses: [
      differentWidths,
      fewItems(3),
      {
        inputs: sets(
          line(40, (i) => i),
          line(40, () => 1),
        ),
        says: "real items must differ",
      },
    ],
  }),
  metricCase({
    metric: "memorisation",
    needs: "nearest",
    exact: { inputs: { generated: distances(100, (i) => (i < 30 ? 0 : 5)), heldOut }, value: 0.3 },
    perfect: { inputs: { generated: heldOut, heldOut }, value: 0.01 },
    worse: { inputs: { generated: distances(100, () => 0), heldOut } },
    twice: true,
    refuses: [{ inputs: { generated: heldOut, heldOut: distances(99, () => 1) }, says: "at least 100 items" }],
  }),
  metricCase({
    metric: "leak",
    needs: "transforms",
    exact: { inputs: { predicted: Int32Array.of(0, 1, 2, 0), names: ["identity", "flip", "turn"] }, value: 0.5 },
    perfect: { inputs: { predicted: new Int32Array(4), names: ["identity", "flip"] }, value: 0 },
    worse: { inputs: { predicted: Int32Array.of(1, 1, 0, 0), names: ["identity", "flip"] } },
    twice: true,
    refuses: [],
  }),
  metricCase({
    metric: "accuracy",
    needs: "predictions",
    exact: { inputs: telling([0, 1, 2, 2], [0, 1, 2, 0]), value: 0.75 },
    perfect: { inputs: telling([0, 1, 2], [0, 1, 2]), value: 1 },
    worse: { inputs: telling([0, 0, 0], [0, 1, 2]) },
    twice: true,
    refuses: [],
  }),
  metricCase({
    metric: "pair-error",
    needs: "translations",
    exact: { inputs: translated((at) => grey(at) + 0.1), value: 0.1 },
    perfect: { inputs: translated(grey), value: 0 },
    worse: { inputs: translated((at) => 1 - grey(at)) },
    twice: true,
    refuses: [{ inputs: otherSize, says: "have the same shape" }],
  }),
  metricCase({
    metric: "psnr",
    needs: "translations",
    exact: { inputs: translated((at) => grey(at) + 0.1), value: 20 },
    perfect: { inputs: translated(grey), value: 58.92, within: 0.005 },
    worse: { inputs: translated((at) => 1 - grey(at)) },
    twice: true,
    refuses: [{ inputs: otherSize, says: "have the same shape" }],
  }),
  metricCase({
    metric: "ssim",
    needs: "translations",
    // Of flat images it is the likeness of their means alone.
    exact: {
      inputs: { source: images(4, grey), made: images(4, () => 0.5), truth: images(4, () => 0.25) },
      value: (2 * 0.5 * 0.25 + 1e-4) / (0.5 ** 2 + 0.25 ** 2 + 1e-4),
    },
    perfect: { inputs: translated(grey), value: 1 },
    worse: { inputs: translated((at) => 1 - grey(at)) },
    twice: true,
    refuses: [
      { inputs: otherSize, says: "have the same shape" },
      {
        inputs: { source: images(4, grey, 10), made: images(4, grey, 10), truth: images(4, grey, 10) },
        says: "11 pixels per side",
      },
    ],
  }),
  metricCase({
    metric: "class-consistency",
    needs: "translatedClasses",
    exact: {
      inputs: { predicted: Int32Array.of(0, 1, 2, 0), predictedOfTruth: null, labels: Int32Array.of(0, 1, 1, 1) },
      value: 0.5,
    },
    perfect: {
      inputs: { predicted: Int32Array.of(0, 1), predictedOfTruth: Int32Array.of(0, 1), labels: Int32Array.of(0, 1) },
      value: 1,
    },
    worse: { inputs: { predicted: Int32Array.of(1, 1), predictedOfTruth: null, labels: Int32Array.of(0, 1) } },
    twice: true,
    refuses: [],
  }),
  metricCase({
    metric: "cycle-error",
    needs: "cycles",
    exact: { inputs: cycled(0.2, 0), value: 0.2 },
    perfect: { inputs: cycled(0, 0), value: 0 },
    worse: { inputs: cycled(0.01, 0) },
    twice: true,
    refuses: [],
  }),
  metricCase({
    metric: "hidden-information",
    needs: "cycles",
    // What comes back changes three times as much as what was disturbed.
    exact: { inputs: cycled(0.2, 0.03), value: 3 },
    perfect: { inputs: cycled(0, 0.01), value: 1 },
    worse: { inputs: cycled(0, 0.1) },
    twice: true,
    refuses: [],
  }),
  metricCase({
    metric: "gradient-variance",
    needs: "gradients",
    exact: { inputs: gradients(1, 3), value: 2 },
    perfect: { inputs: gradients(0, 0), value: 0 },
    worse: { inputs: gradients(0, 0.1) },
    twice: true,
    refuses: [],
  }),
  metricCase({
    metric: "beta-vae-score",
    needs: "factors",
    exact: { ...codes(coders.perfect), value: 1 },
    perfect: { ...codes(coders.scattered), value: 1 },
    worse: codes(coders.random),
    orderWithin: 0.1,
    refuses: [],
  }),
  metricCase({
    metric: "factor-vae-score",
    needs: "factors",
    exact: { ...codes(coders.perfect), value: 1 },
    perfect: { ...codes(coders.scattered), value: 1 },
    worse: codes(coders.random),
    orderWithin: 0.1,
    refuses: [],
  }),
  metricCase({
    metric: "mig",
    needs: "factors",
    // A second number that tells as much leaves no gap.
    exact: { ...codes(coders.duplicated), value: 0 },
    perfect: { ...codes(coders.perfect), value: 1, within: 0.06 },
    worse: codes(coders.random),
    // The first 300 items are other ones.
    orderWithin: 0.05,
    refuses: [oneCode],
  }),
  metricCase({
    metric: "sap",
    needs: "factors",
    exact: { ...codes(coders.duplicated), value: 0 },
    // Of factors of many values a line parts the ends from the rest alone.
    perfect: { ...codes(coders.perfect), value: 0.25, within: 0.1 },
    worse: codes(coders.random),
    orderWithin: 0.1,
    refuses: [oneCode],
  }),
  metricCase({
    metric: "dci",
    needs: "factors",
    exact: { ...codes(coders.perfect), value: 1, within: 0.05 },
    perfect: { ...codes(coders.perfect), value: 1, within: 0.05 },
    worse: codes(coders.random),
    orderWithin: 0.05,
    refuses: [],
  }),
];
