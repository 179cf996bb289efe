import { OptionError } from "../base/errors.ts";
import { type NdArray, rows, toFloat64, zeros } from "../base/ndarray.ts";
import { integerField } from "../base/options.ts";
import { fold, permutation } from "../base/random.ts";
import { addValues, emptyMean, monteCarlo, varianceOf } from "../estimators/index.ts";
import { t95 } from "./interval.ts";
import { defineMetric } from "./metric.ts";
import type { KidOptions } from "./option-types.ts";
import { productWithTransposed } from "../numeric/moments.ts";
import { requireAlike, requireCount, sampleOptions } from "./sets.ts";

/** Minimum number of blocks by default. */
const minBlocks = 10;

export const options = sampleOptions.extend({
  block: integerField("items per block (default: 1000; a tenth of the items where they are fewer than 10,000)", {
    min: 2,
  }).optional(),
});

/**
 * KID: unbiased squared maximum mean discrepancy of features [n, d] and [m, d] with the kernel (x.y / d + 1)^3; it can
 * be negative. Both sets are cut into disjoint blocks; the value is the mean over blocks, which are independent, so the
 * standard error is valid. The published code instead draws 50 overlapping subsets of 1000 items and prints their
 * standard deviation; the details have that of our blocks as `blockDeviation`. The expectations agree.
 *
 * Limitations: the diagonal of the kernel matrix is excluded within a set, where it pairs each item with itself, but
 * included between the sets. Two copies of the same set therefore score below 0.
 * @throws OptionError when fewer than two blocks fit into a set. @throws DataError for fewer than 20 items, or for
 * sets with different numbers of features.
 * @source Binkowski et al., arXiv 1801.01401, section 4.
 */
export const kid = defineMetric<"features", typeof options, KidOptions>({
  name: "kid",
  summary: "kernel distance (MMD) between sample and real features",
  source: "Binkowski et al., arXiv 1801.01401, section 4",
  perfect: "0 in expectation; negative for half of all perfect models",
  better: "lower",
  needs: "features",
  atEnd: true,
  options,
  measure: (sets, { block }) => {
    const d = requireAlike(sets, "kid");
    requireCount(sets, 2 * minBlocks, "kid");
    const n = Math.min(sets.generated.shape[0]!, sets.reference.shape[0]!);
    const size = block ?? Math.min(1000, Math.floor(n / minBlocks));
    const blocks = Math.floor(n / size);
    if (blocks < 2) {
      throw new OptionError(
        `kid: two blocks must fit into the ${n} items of a set - got blocks of ${size}`,
        "use a smaller --block",
      );
    }
    const generated = shuffled(sets.generated, permutation(fold(sets.key, "generated"), sets.generated.shape[0]!));
    const reference = shuffled(sets.reference, permutation(fold(sets.key, "reference"), sets.reference.shape[0]!));
    const found = Float64Array.from({ length: blocks }, (_, i) => {
      const cut = (x: NdArray) => toFloat64(rows(x, i * size, (i + 1) * size));
      return polynomialDiscrepancy(cut(generated), cut(reference), size, size, d);
    });
    const { mean, stderr } = monteCarlo(found);
    const half = t95(blocks - 1) * stderr;
    return {
      metric: "kid",
      value: mean,
      stderr,
      interval: [mean - half, mean + half],
      n: sets.generated.shape[0]!,
      unit: "squared discrepancy",
      details: { blocks, block: size, blockDeviation: Math.sqrt(varianceOf(addValues(emptyMean, found))) },
    };
  },
});

/** Unbiased squared discrepancy of x [n, d] and y [m, d]. */
export function polynomialDiscrepancy(x: Float64Array, y: Float64Array, n: number, m: number, d: number): number {
  const within = (a: Float64Array, count: number) => {
    const products = productWithTransposed(a, a, count, count, d);
    let sum = 0;
    for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) sum += kernel(products[i * count + j]!, d);
    return (2 * sum) / (count * (count - 1));
  };
  let across = 0;
  for (const product of productWithTransposed(x, y, n, m, d)) across += kernel(product, d);
  return within(x, n) + within(y, m) - (2 * across) / (n * m);
}

function kernel(product: number, d: number): number {
  const linear = product / d + 1;
  return linear * linear * linear;
}

function shuffled(x: NdArray, order: Int32Array): NdArray {
  const width = x.data.length / x.shape[0]!;
  const out = zeros(x.shape, x.dtype);
  order.forEach((from, to) => out.data.set(x.data.subarray(from * width, (from + 1) * width) as never, to * width));
  return out;
}
