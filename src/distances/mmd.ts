import { z } from "zod";
import { numberListField } from "../base/options.ts";
import { gaussianKernel, medianDistance, mmd as discrepancy } from "../divergences/index.ts";
import { requireSquares } from "../numeric/points.ts";
import { defineDistance, sizesOf } from "./distance.ts";
import type { MmdOptions } from "./option-types.ts";

export const options = z.object({
  bandwidths: numberListField(
    "bandwidths of the Gaussian kernels, which are summed (default: the median distance between points)",
    { above: 0 },
  ).optional(),
});

/**
 * Squared maximum mean discrepancy with a sum of Gaussian kernels, unbiased, so it can be negative.
 * @source Gretton et al., JMLR 13, 2012, lemma 6.
 */
export const mmd = defineDistance<typeof options, MmdOptions>({
  name: "mmd",
  summary: "squared maximum mean discrepancy, unbiased",
  source: "Gretton et al., JMLR 13, 2012, lemma 6",
  unit: "squared discrepancy",
  identical: "0 in expectation: samples of one distribution score below 0 half of the time",
  weighted: false,
  planned: false,
  options,
  work: (n, m) => (n + m) ** 2,
  measure: (a, b, { bandwidths: given }) => {
    requireSquares(a.points, b.points, "mmd");
    const bandwidths = given ?? [medianDistance(a.points, b.points)];
    const { squared, stderr } = discrepancy(a.points, b.points, gaussianKernel(bandwidths));
    const details = given === undefined ? { bandwidth: bandwidths[0]! } : {};
    return { value: squared, stderr, status: "estimate", n: sizesOf(a, b), details };
  },
});
