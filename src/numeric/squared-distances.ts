/** Rows per block: two blocks fit in a processor's cache. */
const block = 64;

/** Rows from `top` on, `height` of them, against rows from `left` on, `width` of them: `squares` [height, width]. */
export type VisitDistances = (top: number, left: number, height: number, width: number, squares: Float64Array) => void;

/**
 * Calls `visit` with the squared Euclidean distances between rows of `a` [n, d] and of `b` [m, d], block by block. They are
 * computed as sums of squared differences, so those of equal rows are exactly 0.
 */
export function forDistances(a: Float64Array, b: Float64Array, d: number, visit: VisitDistances): void {
  forBlocks(a, b, d, false, visit);
}

/** The same for pairs of rows of one array [n, d], each pair at least once: blocks above the diagonal are skipped. */
export function forOwnDistances(a: Float64Array, d: number, visit: VisitDistances): void {
  forBlocks(a, a, d, true, visit);
}

function forBlocks(a: Float64Array, b: Float64Array, d: number, own: boolean, visit: VisitDistances): void {
  const [n, m] = [a.length / d, b.length / d];
  const squares = new Float64Array(block * block);
  for (let top = 0; top < n; top += block) {
    const height = Math.min(block, n - top);
    for (let left = 0; left < (own ? top + 1 : m); left += block) {
      const width = Math.min(block, m - left);
      fill(a, top, height, b, left, width, d, squares);
      visit(top, left, height, width, squares);
    }
  }
}

function fill(
  a: Float64Array,
  top: number,
  height: number,
  b: Float64Array,
  left: number,
  width: number,
  d: number,
  out: Float64Array,
): void {
  // Two rows by two rows at a time: four independent sums. A last odd row is paired with itself.
  for (let i = 0; i < height; i += 2) {
    const second = Math.min(i + 1, height - 1);
    const upper = (top + i) * d;
    const lower = (top + second) * d;
    for (let j = 0; j < width; j += 2) {
      const next = Math.min(j + 1, width - 1);
      const here = (left + j) * d;
      const there = (left + next) * d;
      let ul = 0;
      let ur = 0;
      let ll = 0;
      let lr = 0;
      for (let k = 0; k < d; k++) {
        const u = a[upper + k]!;
        const l = a[lower + k]!;
        const p = b[here + k]!;
        const q = b[there + k]!;
        ul += (u - p) * (u - p);
        ur += (u - q) * (u - q);
        ll += (l - p) * (l - p);
        lr += (l - q) * (l - q);
      }
      out[i * width + j] = ul;
      out[i * width + next] = ur;
      out[second * width + j] = ll;
      out[second * width + next] = lr;
    }
  }
}
