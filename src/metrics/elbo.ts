import { z } from "zod";
import type { NdArray } from "../base/ndarray.ts";
import { defineMetric, meanAndError } from "./metric.ts";

/** Variance of a posterior mean over images above which its dimension counts as used. @source Burda et al., arXiv 1509.00519, section 4. */
const activeVariance = 0.01;

export const elbo = defineMetric({
  name: "elbo",
  quantity: "negElbo",
  summary: "negative evidence lower bound in nats an image, with its reconstruction and KL parts",
  source: "Kingma, Welling, arXiv 1312.6114, equation 3",
  perfect: "the entropy of the data: the bound is tight where the posterior is exact",
  needs: "bound",
  options: z.object({}),
  measure: ({ recon, klPerLatent, mean, dimensions }) => {
    const n = recon.shape[0]!;
    const latents = klPerLatent.shape[1]!;
    const kl = Float64Array.from({ length: n }, (_, i) => sumRange(klPerLatent, i * latents, latents));
    const total = meanAndError(kl.map((value, i) => value + recon.data[i]!));
    const column = (array: NdArray, j: number) => Float64Array.from({ length: n }, (_, i) => array.data[i * latents + j]!);
    const perLatent = Array.from({ length: latents }, (_, j) => meanAndError(column(klPerLatent, j)).mean);
    const variances = Array.from({ length: latents }, (_, j) => meanAndError(column(mean, j)).stderr ** 2 * n);
    return {
      metric: "elbo",
      value: total.mean,
      stderr: total.stderr,
      n,
      unit: "nats",
      details: {
        recon: meanAndError(recon.data).mean,
        kl: meanAndError(kl).mean,
        bitsPerDim: total.mean / Math.LN2 / dimensions,
        activeUnits: variances.filter((variance) => variance > activeVariance).length,
        klPerLatent: perLatent,
      },
    };
  },
});

function sumRange({ data }: NdArray, start: number, length: number): number {
  let total = 0;
  for (let i = start; i < start + length; i++) total += data[i]!;
  return total;
}
