import { z } from "zod";
import { type Points, selectPoints } from "../numeric/points.ts";
import { type Key, fold, permutation } from "../base/random.ts";
import { minOf } from "../base/many.ts";
import { knnJs } from "../divergences/index.ts";
import { defineDistance, sizesOf } from "./distance.ts";
import { neighboursField } from "./kl.ts";
import type { JsOptions } from "./option-types.ts";

export const options = z.object({ neighbours: neighboursField });

/**
 * Jensen-Shannon divergence in nats, in [0, log 2], between the distributions of both point sets, estimated by nearest
 * neighbours. Unbiased for equal distributions, otherwise with a bias of order n^(-1/d).
 * @source Ross, PLoS ONE 9, 2014, equation 2.
 */
export const js = defineDistance<typeof options, JsOptions>({
  name: "js",
  summary: "Jensen-Shannon divergence, by nearest neighbours",
  source: "Ross, PLoS ONE 9, 2014, equation 2",
  unit: "nats",
  identical: "0 in expectation, though an estimate may be below 0; log 2 = 0.6931 for disjoint distributions",
  weighted: false,
  planned: false,
  options,
  work: (n, m) => Math.min(n, m) ** 2,
  measure: (a, b, { neighbours }, { key }) => {
    // The mixture is half of each, so a random subset of the larger side is used.
    const n = minOf(sizesOf(a, b));
    const [x, y] = [part(a.points, n, fold(key, "a")), part(b.points, n, fold(key, "b"))];
    return { ...knnJs(x, y, neighbours), status: "estimate", n: [n, n], details: {} };
  },
});

function part(points: Points, n: number, by: Key): Points {
  const all = points.shape[0]!;
  return n === all ? points : selectPoints(points, permutation(by, all).subarray(0, n));
}
