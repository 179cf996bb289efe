import { filled } from "../base/filled.ts";
import { OptionError } from "../base/errors.ts";
import { monteCarlo } from "../numeric/monte-carlo.ts";
import { type Points, commonWidth, dotProduct } from "../numeric/points.ts";
import { type Key, fold, normal } from "../base/random.ts";
import type { TransportWeights } from "./exact.ts";
import { lineDistance, lineMasses } from "./wasserstein-1d.ts";

/** Mean Wasserstein distance over random directions, with its standard error. */
export interface SlicedWasserstein {
  /** Mean over directions, in the unit of the points. */
  readonly distance: number;
  /** Standard error of the mean over directions, for fixed points; NaN for a single direction. */
  readonly stderr: number;
}

/**
 * Sliced Wasserstein-1 distance: the mean W1 distance of both point sets projected onto uniformly random directions. At
 * most the Wasserstein-1 distance, and equal to it in one dimension. Memory O(n + m).
 * @param x Points [n, d].
 * @param y Points [m, d].
 * @param directions Number of random directions, from 1.
 * @param weights Weights [n] and [m]; uniform by default.
 * @throws OptionError for a number of directions below 1. @throws DataError or OptionError for points or weights that
 * are not valid.
 * @source Rabin, Peyre, Delon, Bernot, "Wasserstein barycenter and its application to texture mixing", 2011; Bonneel et
 * al., "Sliced and Radon Wasserstein barycenters of measures", 2015.
 */
export function slicedWasserstein(
  x: Points,
  y: Points,
  directions: number,
  of: Key,
  weights: TransportWeights = {},
): SlicedWasserstein {
  const d = commonWidth(x, y, "sliced");
  if (!Number.isInteger(directions) || directions < 1) {
    throw new OptionError(`directions must be a positive integer - got ${directions}`);
  }
  const between = lineDistance(lineMasses(weights, [x.shape[0]!, y.shape[0]!], "sliced"));
  const found = filled(new Float64Array(directions), (draw) => {
    const direction = unitVector(fold(of, "direction", draw), d);
    return between(shadow(x, direction), shadow(y, direction));
  });
  const { mean, stderr } = monteCarlo(found);
  return { distance: mean, stderr };
}

/** Uniform on the sphere: a normalised standard normal vector. */
function unitVector(of: Key, d: number): Float64Array {
  const drawn = Float64Array.from(normal(of, [d]).data);
  const length = Math.sqrt(dotProduct(drawn, 0, drawn, 0, d));
  return drawn.map((value) => value / length);
}

function shadow({ data, shape }: Points, direction: Float64Array): Float64Array {
  const d = direction.length;
  return filled(new Float64Array(shape[0]!), (i) => dotProduct(data, i * d, direction, 0, d));
}
