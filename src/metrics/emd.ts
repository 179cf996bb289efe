import { monteCarlo } from "../numeric/monte-carlo.ts";
import { type NdArray, rows } from "../base/ndarray.ts";
import { toPoints } from "../numeric/points.ts";
import { costMatrix, exactTransport } from "../transport/index.ts";
import { t95 } from "./interval.ts";
import { defineMetric } from "./metric.ts";
import type { SampleOptions } from "./option-types.ts";
import { requireAlike, requireCount, sampleOptions } from "./sets.ts";

/** Items per block of either set; an exact plan of this size takes some ten milliseconds. */
const blockSize = 500;

/**
 * Exact earth mover's distance between samples and real items in feature space (coordinates, for points): mean over
 * disjoint blocks of 500 items of each.
 *
 * Limitations: two samples of the same distribution are apart as well, more so the fewer items and the more dimensions
 * there are. Compare it with the floor, the value of real items in blocks of the same size.
 * @source Kantorovich, "On the translocation of masses", 1942; as a distance of samples: Arjovsky et al., arXiv
 * 1701.07875.
 */
export const emd = defineMetric<"features", typeof sampleOptions, SampleOptions>({
  name: "emd",
  summary: "earth mover's distance between samples and real items",
  source: "Kantorovich, 1942; Arjovsky et al., arXiv 1701.07875",
  perfect: "the floor: two samples of the same distribution have a distance of order n^(-1/d)",
  better: "lower",
  needs: "features",
  atEnd: true,
  options: sampleOptions,
  measure: (sets) => {
    requireAlike(sets, "emd");
    requireCount(sets, 2, "emd");
    const n = Math.min(sets.generated.shape[0]!, sets.reference.shape[0]!);
    const block = Math.min(blockSize, n);
    const found = Float64Array.from({ length: Math.floor(n / block) }, (_, i) => {
      const cut = (x: NdArray) => toPoints(rows(x, i * block, (i + 1) * block), "emd");
      return exactTransport(costMatrix(cut(sets.generated), cut(sets.reference))).cost;
    });
    const { mean, stderr } = monteCarlo(found);
    const half = found.length > 1 ? t95(found.length - 1) * stderr : Number.NaN;
    return {
      metric: "emd",
      value: mean,
      stderr,
      interval: [Math.max(0, mean - half), mean + half],
      n: sets.generated.shape[0]!,
      unit: "distance",
      details: { blocks: found.length, block },
    };
  },
});
