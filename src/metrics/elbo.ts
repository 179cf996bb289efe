import { z } from "zod";
import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";
import { addValues, emptyMean, monteCarlo, varianceOf } from "../estimators/index.ts";
import { defineMetric } from "./metric.ts";

/**
 * Variance of the posterior mean over images above which a latent dimension counts as active. @source Burda et al.,
 * arXiv 1509.00519, section 4.
 */
const activeVariance = 0.01;

/**
 * Negative ELBO in nats per image, from one sample of z per image; details: its reconstruction and KL terms, bits per
 * dimension, and the number of active latent dimensions.
 * @source Kingma, Welling, arXiv 1312.6114, equation 3.
 */
export const elbo = defineMetric({
  name: "elbo",
  quantity: "negElbo",
  summary: "negative ELBO, with its reconstruction and KL terms",
  source: "Kingma, Welling, arXiv 1312.6114, equation 3",
  perfect: "the entropy of the data; the bound is tight for the exact posterior",
  better: "lower",
  needs: "bound",
  options: z.object({}),
  measure: ({ recon, klPerLatent, mean, dimensions }) => {
    const n = recon.shape[0]!;
    const latents = klPerLatent.shape[1]!;
    const kl = filled(new Float64Array(n), (i) => sumRange(klPerLatent, i * latents, latents));
    const total = monteCarlo(kl.map((value, i) => value + recon.data[i]!));
    const perLatent = columns(klPerLatent).map((values) => monteCarlo(values).mean);
    const variances = columns(mean).map((values) => varianceOf(addValues(emptyMean, values)));
    return {
      metric: "elbo",
      value: total.mean,
      stderr: total.stderr,
      n,
      unit: "nats",
      details: {
        recon: monteCarlo(recon.data).mean,
        kl: monteCarlo(kl).mean,
        bitsPerDim: total.mean / Math.LN2 / dimensions,
        activeUnits: variances.filter((variance) => variance > activeVariance).length,
        klPerLatent: perLatent,
      },
    };
  },
});

/** The columns of [n, d]. */
function columns({ shape, data }: NdArray): Float64Array[] {
  const [n, d] = shape as [number, number];
  return Array.from({ length: d }, (_, j) => filled(new Float64Array(n), (i) => data[i * d + j]!));
}

function sumRange({ data }: NdArray, start: number, length: number): number {
  let total = 0;
  for (let i = start; i < start + length; i++) total += data[i]!;
  return total;
}
