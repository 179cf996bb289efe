import { filled } from "../base/filled.ts";
import { type NdArray, toFloat64 } from "../base/ndarray.ts";
import { nearestOf } from "../numeric/nearest.ts";
import { forDistances } from "../numeric/squared-distances.ts";
import type { Sets } from "./metric.ts";
import { requireAlike, requireCount } from "./sets.ts";

/** Rank of the neighbour whose distance is the radius of a ball (k). */
export const neighbour = 5;

/**
 * Ball counts. The ball of an item reaches, excluding its boundary, to the `neighbour`-th nearest other item of its own
 * set.
 */
export interface BallCounts {
  /** Balls of real items that contain each sample, [n]. */
  readonly realBalls: Int32Array;
  /** Balls of samples that contain each real item, [m]. */
  readonly drawnBalls: Int32Array;
  /** Samples in the ball of each real item, [m]. */
  readonly drawnInside: Int32Array;
}

/** The counts that precision, recall, density and coverage need. */
export interface Neighbours extends BallCounts {
  /** The same without one group of either set, for each group: for jackknife standard errors. */
  readonly without: { readonly real: readonly BallCounts[]; readonly drawn: readonly BallCounts[] };
}

/** Number of groups that each set is cut into: item i is in group i % groups. Sets are in random order. */
const groups = 20;
/** Nearest items kept for each item, enough to find the fifth nearest without any one group. */
const kept = 4 * neighbour;

/**
 * Ball counts over all pairs of vectors [n, d] and [m, d], from exact differences in float64. Memory is linear in the
 * number of items, time quadratic (10,000 items of 128 features: about half a minute).
 * @source Naeem et al., arXiv 2002.09797, section 3; balls as in Kynkaanniemi et al., arXiv 1904.06991.
 */
export function neighboursOf(sets: Sets): Neighbours {
  const d = requireAlike(sets);
  requireCount(sets, 2 * groups);
  const [drawn, real] = [toFloat64(sets.generated), toFloat64(sets.reference)];
  const [ofDrawn, ofReal] = [squaredRadii(sets.generated), squaredRadii(sets.reference)];
  const [n, m] = [drawn.length / d, real.length / d];
  const tally = new Tally(n, m);
  forDistances(real, drawn, d, (top, left, height, width, squares) => {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const square = squares[i * width + j]!;
        if (square < ofReal.largest[top + i]!) tally.inReal(top + i, left + j, square, ofReal.squares);
        if (square < ofDrawn.largest[left + j]!) tally.inDrawn(top + i, left + j, square, ofDrawn.squares);
      }
    }
  });
  return tally.result();
}

/** Squared radii: column 0 for the whole set, column g + 1 without group g. */
interface Radii {
  /** [n, groups + 1] */
  readonly squares: Float64Array;
  /** The largest of each row, [n]. */
  readonly largest: Float64Array;
}

const columns = groups + 1;

/** Running counts: column 0 for the whole sets, column g + 1 without group g. */
class Tally {
  private readonly realBalls: Int32Array;
  private readonly drawnBalls: Int32Array;
  /** Without groups of real items, whose absence changes the radii. */
  private readonly inside: Int32Array;
  /** By the group of the sample. */
  private readonly insideByGroup: Int32Array;

  constructor(
    private readonly n: number,
    private readonly m: number,
  ) {
    this.realBalls = new Int32Array(n * columns);
    this.drawnBalls = new Int32Array(m * columns);
    this.inside = new Int32Array(m * columns);
    this.insideByGroup = new Int32Array(m * groups);
  }

  inReal(i: number, j: number, square: number, squares: Float64Array): void {
    const own = (i % groups) + 1;
    for (let column = 0; column < columns; column++) {
      if (column === own || square >= squares[i * columns + column]!) continue;
      this.realBalls[j * columns + column]!++;
      this.inside[i * columns + column]!++;
    }
    if (square < squares[i * columns]!) this.insideByGroup[i * groups + (j % groups)]!++;
  }

  inDrawn(i: number, j: number, square: number, squares: Float64Array): void {
    const own = (j % groups) + 1;
    for (let column = 0; column < columns; column++) {
      if (column !== own && square < squares[j * columns + column]!) this.drawnBalls[i * columns + column]!++;
    }
  }

  result(): Neighbours {
    const { n, m, realBalls, drawnBalls, inside, insideByGroup } = this;
    const column = (table: Int32Array, count: number, at: number) =>
      filled(new Int32Array(count), (i) => table[i * columns + at]!);
    const whole = {
      realBalls: column(realBalls, n, 0),
      drawnBalls: column(drawnBalls, m, 0),
      drawnInside: column(inside, m, 0),
    };
    const perGroup = (make: (group: number) => BallCounts) => Array.from({ length: groups }, (_, group) => make(group));
    const others = (values: Int32Array, group: number) => values.filter((_, i) => i % groups !== group);
    return {
      ...whole,
      without: {
        real: perGroup((group) => ({
          realBalls: column(realBalls, n, group + 1),
          drawnBalls: others(whole.drawnBalls, group),
          drawnInside: others(column(inside, m, group + 1), group),
        })),
        drawn: perGroup((group) => ({
          realBalls: others(whole.realBalls, group),
          drawnBalls: column(drawnBalls, m, group + 1),
          drawnInside: whole.drawnInside.map((count, i) => count - insideByGroup[i * groups + group]!),
        })),
      },
    };
  }
}

/**
 * Squared distance of each row of [n, d] to its `neighbour`-th nearest other row, among all rows and without each
 * group.
 */
function squaredRadii(x: NdArray): Radii {
  const n = x.shape[0]!;
  const { squares: nearest, indices } = nearestOf(x, x, kept);
  const squares = new Float64Array(n * columns);
  const largest = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let column = 0; column < columns; column++) {
      const square = radiusWithout(column - 1, nearest, indices, i);
      squares[i * columns + column] = square;
      largest[i] = Math.max(largest[i]!, square);
    }
  }
  return { squares, largest };
}

/** The `neighbour`-th nearest item outside a group; the last kept one if all are in the group. */
function radiusWithout(group: number, nearest: Float64Array, items: Int32Array, item: number): number {
  let left = neighbour;
  for (let at = item * kept; at < (item + 1) * kept; at++) {
    if (items[at]! % groups !== group && --left === 0) return nearest[at]!;
  }
  return nearest[(item + 1) * kept - 1]!;
}
