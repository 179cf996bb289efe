import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { formatShape } from "../base/ndarray.ts";
import { choiceField, integerField } from "../base/options.ts";
import { z95 } from "./interval.ts";
import type { Sets } from "./metric.ts";

/** Option of translation models: the direction that is measured. */
export const wayOption = {
  direction: choiceField("direction of translation (default: the model's first)", ["AtoB", "BtoA"]).optional(),
};

/** Schema of `SampleOptions`. */
export const sampleOptions = z.object({
  ...wayOption,
  samples: integerField("items to draw from the model (default: as many as there are real ones, at most 10,000)", {
    min: 2,
  }).optional(),
});

/** Prefix of a message; empty if several metrics share the check. */
function named(metric: string | undefined): string {
  return metric === undefined ? "" : `${metric}: `;
}

/** The number of features d. @throws DataError unless the sets are [n, d] and [m, d]. */
export function requireAlike({ generated, reference }: Sets, metric?: string): number {
  const [d, other] = [generated.shape[1], reference.shape[1]];
  if (generated.shape.length === 2 && reference.shape.length === 2 && d === other) return d!;
  throw new DataError(
    `${named(metric)}features of both sets must be [n, d] with the same d - got ${formatShape(generated.shape)} and ${formatShape(reference.shape)}`,
  );
}

/** @throws DataError when either set has fewer than `least` items. */
export function requireCount({ generated, reference }: Sets, least: number, metric?: string): void {
  const [n, m] = [generated.shape[0]!, reference.shape[0]!];
  if (Math.min(n, m) >= least) return;
  throw new DataError(
    `${named(metric)}needs at least ${least} items of either set - got ${n} samples and ${m} real items`,
    n < m ? "draw more with --samples" : "measure on more data",
  );
}

/**
 * A fraction of items: its value, standard error, and 95 % Wilson score interval, which does not shrink to a point for
 * shares of 0 and 1; there one end is exactly the share.
 * @source Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
 */
export function share(
  hits: number,
  n: number,
): { readonly value: number; readonly stderr: number; readonly interval: readonly [number, number] } {
  const value = hits / n;
  const stderr = Math.sqrt((value * (1 - value)) / n);
  const centre = (value + z95 ** 2 / (2 * n)) / (1 + z95 ** 2 / n);
  const half = (z95 * Math.sqrt((value * (1 - value)) / n + z95 ** 2 / (4 * n * n))) / (1 + z95 ** 2 / n);
  return { value, stderr, interval: [hits === 0 ? 0 : centre - half, hits === n ? 1 : centre + half] };
}
