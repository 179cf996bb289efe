import { z } from "zod";
import { integerField } from "../base/options.ts";
import { knnKl } from "../divergences/index.ts";
import { defineDistance, sizesOf } from "./distance.ts";
import type { KlOptions } from "./option-types.ts";

export const neighboursField = integerField("rank of the nearest neighbour whose distance is used (k)", {
  min: 1,
}).default(5);

export const options = z.object({ neighbours: neighboursField });

/**
 * KL(A || B) in nats between the densities of both point sets, estimated by nearest neighbours; the estimate can be
 * negative. Its bias is of order n^(-1/d), and it is too small if A reaches far into the tails of B.
 * @source Wang, Kulkarni, Verdu, IEEE Transactions on Information Theory 55, 2009.
 */
export const kl = defineDistance<typeof options, KlOptions>({
  name: "kl",
  summary: "KL divergence KL(A || B), by nearest neighbours",
  source: "Wang, Kulkarni, Verdu, IEEE Transactions on Information Theory 55, 2009",
  unit: "nats",
  identical: "0 in expectation; an estimate may be below 0",
  weighted: false,
  planned: false,
  options,
  work: (n, m) => n * (n + m),
  measure: (a, b, { neighbours }) => {
    return { ...knnKl(a.points, b.points, neighbours), status: "estimate", n: sizesOf(a, b), details: {} };
  },
});
