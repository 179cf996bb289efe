import type { Distance } from "./distance.ts";
import { emd } from "./emd.ts";
import { js } from "./js.ts";
import { kl } from "./kl.ts";
import { mmd } from "./mmd.ts";
import { sinkhornDivergence } from "./sinkhorn-divergence.ts";
import { sinkhorn } from "./sinkhorn.ts";
import { sliced } from "./sliced.ts";
import { w1 } from "./w1.ts";

export * from "./distance.ts";
export type * from "./option-types.ts";
export { emd, js, kl, mmd, sinkhorn, sinkhornDivergence, sliced, w1 };

/** Every distance, in the order of `zaya list`. */
export const distances: readonly Distance[] = [
  emd,
  w1,
  sliced,
  sinkhorn,
  sinkhornDivergence,
  mmd,
  kl,
  js,
] as unknown as readonly Distance[];
