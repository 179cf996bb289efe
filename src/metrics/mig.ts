import { filled } from "../base/filled.ts";
import type { NdArray } from "../base/ndarray.ts";
import { type Key, fold, integers } from "../base/random.ts";
import { range } from "../base/range.ts";
import { addValues, emptyMean, varianceOf } from "../estimators/index.ts";
import { byFactor, columnOf, factorOptions, requireTwoCodes, valuesOf } from "./factor-codes.ts";
import { defineMetric } from "./metric.ts";
import type { FactorOptions } from "./option-types.ts";

/** Bins of equal width per latent dimension, from its smallest to its largest value. */
const binCount = 20;
/** Number of bootstrap samples for the standard error. */
const resamples = 20;

/**
 * Mutual information gap, in [0, 1]: the difference in mutual information with a factor between the best and the second-best latent
 * dimension, as a fraction of the factor's entropy, averaged over factors.
 *
 * Limitations: a factor encoded equally in two dimensions scores 0, even if both encode it perfectly. Twenty bins carry at most
 * log 20 nats, so a factor of 40 values reaches 0.81 at most. A single outlier moves all other values into one bin.
 * Mutual information is biased upwards for few points, by about (bins - 1)(values - 1) / 2n nats; most of this cancels
 * in the gap.
 * @source Chen et al., arXiv 1802.04942, section 4; 20 bins as Locatello et al., arXiv 1811.12359, appendix C.
 */
export const mig = defineMetric<"factors", typeof factorOptions, FactorOptions>({
  name: "mig",
  summary: "disentanglement: mutual information gap of latents",
  source: "Chen et al., arXiv 1802.04942, section 4",
  perfect: "1, but at most log 20 / log v for a factor with v > 20 values, because codes are quantised to 20 bins",
  better: "higher",
  needs: "factors",
  options: factorOptions,
  measure: (inputs, { points }) => {
    requireTwoCodes(inputs, "mig");
    const n = Math.min(points, inputs.values.shape[0]!);
    const information = informationOf(inputs.codes, inputs.values, n);
    const gaps = informationGaps(inputs.codes, inputs.values, n);
    return {
      metric: "mig",
      value: meanOf(gaps()),
      stderr: bootstrapError((items) => meanOf(gaps(items)), n, fold(inputs.key, "bootstrap")),
      n,
      unit: "share of entropy",
      details: {
        ...byFactor("gap", inputs.names, gaps()),
        // Shares of the factor's entropy, by latent dimension.
        ...byFactor(
          "information",
          inputs.names,
          information().map(({ entropy, byLatent }) => [...byLatent].map((each) => (entropy > 0 ? each / entropy : 0))),
        ),
      },
    };
  },
});

/**
 * A function that returns the gap of each factor, [f], over the given items of the first `n`; over all of them by
 * default.
 * @param codes Codes [n, d].
 * @param values Values of the factors, [n, f].
 */
export function informationGaps(
  codes: NdArray,
  values: NdArray<"int32">,
  n: number,
): (items?: Int32Array) => Float64Array {
  const information = informationOf(codes, values, n);
  return (items) =>
    Float64Array.from(information(items), ({ entropy, byLatent }) => {
      const [best, second] = byLatent.toSorted().subarray(-2).toReversed();
      return entropy > 0 ? (best! - second!) / entropy : 0;
    });
}

/** For each factor its entropy and the mutual information with each latent dimension, [d], in nats; arguments as above. */
function informationOf(
  codes: NdArray,
  values: NdArray<"int32">,
  n: number,
): (items?: Int32Array) => readonly { readonly entropy: number; readonly byLatent: Float64Array }[] {
  const bins = Array.from({ length: codes.shape[1]! }, (_, j) => binned(columnOf(codes, j, 0, n)));
  const factors = Array.from({ length: values.shape[1]! }, (_, k) => valuesOf(values, k, 0, n));
  const all = range(0, n);
  return (items = all) =>
    factors.map((factor) => ({
      entropy: mutualInformation(factor, factor, items),
      byLatent: filled(new Float64Array(bins.length), (i) => mutualInformation(bins[i]!, factor, items)),
    }));
}

/**
 * The bin of each value. A bin includes its lower edge, `low + bin * width` as rounded; the largest value is in the
 * last bin.
 */
function binned(values: Float64Array): Int32Array {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const width = (values.reduce((a, b) => Math.max(a, b), -Infinity) - low) / binCount;
  if (width === 0) return new Int32Array(values.length);
  return Int32Array.from(values, (value) => {
    let bin = Math.min(binCount - 1, Math.floor((value - low) / width));
    if (bin > 0 && value < low + bin * width) bin--;
    else if (bin < binCount - 1 && value >= low + (bin + 1) * width) bin++;
    return bin;
  });
}

/** Mutual information in nats of two columns of whole numbers over some items. */
function mutualInformation(a: Int32Array, b: Int32Array, items: Int32Array): number {
  const [rows, columns] = [extentOf(a), extentOf(b)];
  const joint = new Float64Array(rows * columns);
  for (const item of items) joint[a[item]! * columns + b[item]!]! += 1 / items.length;
  const ofA = new Float64Array(rows);
  const ofB = new Float64Array(columns);
  joint.forEach((p, at) => {
    ofA[Math.floor(at / columns)]! += p;
    ofB[at % columns]! += p;
  });
  let total = 0;
  joint.forEach((p, at) => {
    if (p > 0) total += p * Math.log(p / (ofA[Math.floor(at / columns)]! * ofB[at % columns]!));
  });
  return Math.max(0, total);
}

function extentOf(values: Int32Array): number {
  return values.reduce((largest, value) => Math.max(largest, value), 0) + 1;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Bootstrap standard error of a statistic. */
function bootstrapError(statistic: (items: Int32Array) => number, n: number, key: Key): number {
  const found = Array.from({ length: resamples }, (_, draw) => statistic(integers(fold(key, draw), n, n)));
  return Math.sqrt(varianceOf(addValues(emptyMean, found)));
}
