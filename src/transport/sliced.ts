import { filled } from "../base/filled.ts";
import { OptionError } from "../base/errors.ts";
import { monteCarlo } from "../numeric/monte-carlo.ts";
import { type Points, commonWidth, dotProduct } from "../numeric/points.ts";
import { type Key, fold, normal } from "../base/random.ts";
import type { TransportWeights } from "./exact.ts";
import { lineDistance, lineMasses } from "./wasserstein-1d.ts";

/** Mean Wasserstein distance over random directions, with its standard error. */
export interface SlicedWasserstein {
  /** Mean over directions. */
  readonly distance: number;
  /** Of the mean, over directions; NaN for a single one. The points are taken as they are. */
  readonly stderr: number;
}

/**
 * Sliced Wasserstein-1 distance: the mean, over directions drawn uniformly, of the distance between both sides' shadows on
 * a line. At most the Wasserstein-1 distance itself; equal to it for points on a line. Memory O(n + m).
 * @param directions How many, from 1.
 * @source Rabin, Peyre, Delon, Bernot, "Wasserstein barycenter and its application to texture mixing", 2011;
 * Bonneel et al., "Sliced and Radon Wasserstein barycenters of measures", 2015.
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
    throw new OptionError(`directions must be a whole number from 1 - got ${directions}`);
  }
  const between = lineDistance(lineMasses(weights, [x.shape[0]!, y.shape[0]!], "sliced"));
  const found = filled(new Float64Array(directions), (draw) => {
    const direction = unitVector(fold(of, "direction", draw), d);
    return between(shadow(x, direction), shadow(y, direction));
  });
  const { mean, stderr } = monteCarlo(found);
  return { distance: mean, stderr };
}

/** Uniform on the sphere: a normal vector has no direction before others. */
function unitVector(of: Key, d: number): Float64Array {
  const drawn = Float64Array.from(normal(of, [d]).data);
  const length = Math.sqrt(dotProduct(drawn, 0, drawn, 0, d));
  return drawn.map((value) => value / length);
}

function shadow({ data, shape }: Points, direction: Float64Array): Float64Array {
  const d = direction.length;
  return filled(new Float64Array(shape[0]!), (i) => dotProduct(data, i * d, direction, 0, d));
}
