import { forDistances } from "./distances.ts";
import type { Sets } from "./metric.ts";
import { requireAlike, requireCount, toFloat64 } from "./sets.ts";

/** Which neighbour's distance is the radius of an item's ball. */
export const neighbour = 5;

/**
 * What precision, recall, density and coverage count. The ball of an item reaches, without its edge, to the `neighbour`-th
 * nearest other item of its own set.
 */
export interface Neighbours {
  /** Balls of real items that hold each drawn item, [n]. */
  readonly realBalls: Int32Array;
  /** Balls of drawn items that hold each real item, [m]. */
  readonly drawnBalls: Int32Array;
  /** 1 where a drawn item lies in the ball of each real item, else 0: [m]. */
  readonly covered: Uint8Array;
}

/**
 * Counts for all pairs of vectors [n, d] and [m, d], by exact differences in float64: no memory but a few numbers an item,
 * and time with n^2 d (10,000 items of 128 features: about half a minute).
 * @source Naeem et al., arXiv 2002.09797, section 3; balls as in Kynkaanniemi et al., arXiv 1904.06991.
 */
export function neighboursOf(sets: Sets): Neighbours {
  const d = requireAlike(sets, "neighbours");
  requireCount(sets, neighbour + 1, "neighbours");
  const [drawn, real] = [toFloat64(sets.generated), toFloat64(sets.reference)];
  const [ofDrawn, ofReal] = [squaredRadii(drawn, d), squaredRadii(real, d)];
  const realBalls = new Int32Array(ofDrawn.length);
  const drawnBalls = new Int32Array(ofReal.length);
  const covered = new Uint8Array(ofReal.length);
  forDistances(real, drawn, d, (top, left, height, width, squares) => {
    for (let i = 0; i < height; i++) {
      const item = top + i;
      for (let j = 0; j < width; j++) {
        const square = squares[i * width + j]!;
        if (square < ofReal[item]!) {
          realBalls[left + j]!++;
          covered[item] = 1;
        }
        if (square < ofDrawn[left + j]!) drawnBalls[item]!++;
      }
    }
  });
  return { realBalls, drawnBalls, covered };
}

/** Squared distance of each row of [n, d] to its `neighbour`-th nearest other: [n]. */
function squaredRadii(x: Float64Array, d: number): Float64Array {
  const n = x.length / d;
  const nearest = new Float64Array(n * neighbour).fill(Infinity);
  forDistances(x, x, d, (top, left, height, width, squares) => {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        if (left + j >= top + i) continue;
        insert(nearest, top + i, squares[i * width + j]!);
        insert(nearest, left + j, squares[i * width + j]!);
      }
    }
  });
  return Float64Array.from({ length: n }, (_, i) => nearest[(i + 1) * neighbour - 1]!);
}

/** Keeps the smallest squares of an item in order. */
function insert(nearest: Float64Array, item: number, square: number): void {
  const first = item * neighbour;
  let at = first + neighbour - 1;
  if (square >= nearest[at]!) return;
  for (; at > first && nearest[at - 1]! > square; at--) nearest[at] = nearest[at - 1]!;
  nearest[at] = square;
}
