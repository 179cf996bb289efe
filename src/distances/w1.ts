import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { commonWidth } from "../numeric/points.ts";
import { wasserstein1d } from "../transport/index.ts";
import { defineDistance, sizesOf } from "./distance.ts";

/**
 * Exact earth mover's distance of one-dimensional points, by sorting.
 * @throws OptionError for points with more than one coordinate.
 * @source Vallender, 1973.
 */
export const w1 = defineDistance({
  name: "w1",
  summary: "earth mover's distance of one-dimensional points, exact",
  source: "Vallender, 1973",
  unit: "distance",
  identical: "0 for equal sets; above 0 for two samples, decreasing like n^(-1/2)",
  weighted: true,
  planned: false,
  options: z.object({}),
  work: (n, m) => n * Math.log2(n + 1) + m * Math.log2(m + 1),
  measure: (a, b) => {
    const d = commonWidth(a.points, b.points, "w1");
    if (d !== 1) {
      throw new OptionError(
        `w1: points must be one-dimensional - got ${d} coordinates each`,
        "use emd, or sliced for many points",
      );
    }
    const value = wasserstein1d(a.points.data, b.points.data, { source: a.weights, target: b.weights });
    return { value, stderr: Number.NaN, status: "exact", n: sizesOf(a, b), details: {} };
  },
});
