/**
 * Log scaling beyond which scalings are absorbed into the potentials; products then stay far inside the range of a
 * double.
 */
const farthest = 50;
/** Log value below which a kernel entry is dropped: no scaling could make it significant again, and denormal numbers are slow. */
const smallest = -460;

/**
 * Stabilised Sinkhorn iterations on one problem. A kernel exp((f + g - c) / epsilon) is built from the current
 * potentials and scaled on both sides by plain products, which cost a tenth of log-domain updates. When the scalings
 * become large, they are absorbed into the potentials and the kernel is rebuilt.
 */
export class SinkhornScaling {
  /** Potentials [n] and [m]. */
  readonly f: Float64Array;
  readonly g: Float64Array;
  iterations = 0;
  private readonly kernel: Float64Array;

  /** @param costs [n, m] @param a Positive shares [n]. @param b Positive shares [m]. */
  constructor(
    private readonly costs: Float64Array,
    private readonly a: Float64Array,
    private readonly b: Float64Array,
  ) {
    this.f = new Float64Array(a.length);
    this.g = new Float64Array(b.length);
    this.kernel = new Float64Array(costs.length);
  }

  /** Iterates until the marginal error is within the tolerance, or `most` iterations were made in total. */
  run(epsilon: number, tolerance: number, most: number): void {
    for (;;) {
      this.logStep(epsilon);
      this.fillKernel(epsilon);
      if (this.scale(epsilon, tolerance, most)) return;
    }
  }

  /** The plan for the potentials; it overwrites the kernel, so nothing can be run afterwards. */
  plan(epsilon: number): Float64Array {
    const { kernel, a, b } = this;
    this.fillKernel(epsilon);
    for (let i = 0, e = 0; i < a.length; i++) for (let j = 0; j < b.length; j++, e++) kernel[e]! *= a[i]! * b[j]!;
    return kernel;
  }

  private fillKernel(epsilon: number): void {
    const { costs, kernel, f, g } = this;
    for (let i = 0, e = 0; i < f.length; i++) {
      const own = f[i]!;
      for (let j = 0; j < g.length; j++, e++) {
        const exponent = (own + g[j]! - costs[e]!) / epsilon;
        kernel[e] = exponent < smallest ? 0 : Math.exp(exponent);
      }
    }
  }

  /** One log-domain iteration, safe for any potentials: matches the row sums, then the column sums. */
  private logStep(epsilon: number): void {
    const { costs, a, b, f, g } = this;
    const [n, m] = [f.length, g.length];
    // Logarithms of the shares, so that shares far smaller than the others keep their effect.
    const [own, others] = [a, b].map((shares) => shares.map((share) => epsilon * Math.log(share))) as [
      Float64Array,
      Float64Array,
    ];
    const largest = new Float64Array(m).fill(-Infinity);
    for (let i = 0, row = 0; i < n; i++, row += m) {
      f[i] = softMinimum(costs, g, others, epsilon, row);
      for (let j = 0; j < m; j++) largest[j] = Math.max(largest[j]!, own[i]! + f[i]! - costs[row + j]!);
    }
    const sums = new Float64Array(m);
    for (let i = 0, row = 0; i < n; i++, row += m) {
      for (let j = 0; j < m; j++) sums[j]! += Math.exp((own[i]! + f[i]! - costs[row + j]! - largest[j]!) / epsilon);
    }
    for (let j = 0; j < m; j++) g[j] = -(largest[j]! + epsilon * Math.log(sums[j]!));
    this.iterations++;
  }

  /**
   * Scales the kernel until the tolerance is met (true) or the scalings are too large (false), then absorbs them into
   * the potentials.
   */
  private scale(epsilon: number, tolerance: number, most: number): boolean {
    const { a, b, f, g } = this;
    const [u, v, sums] = [
      new Float64Array(a.length).fill(1),
      new Float64Array(b.length).fill(1),
      new Float64Array(b.length),
    ];
    for (;;) {
      const [before, after] = [u.slice(), v.slice()];
      this.sweep(u, v, sums);
      let error = 0;
      for (let j = 0; j < b.length; j++) {
        error += b[j]! * Math.abs(v[j]! * sums[j]! - 1);
        v[j] = 1 / sums[j]!;
      }
      this.iterations++;
      const inside = isModerate(u) && isModerate(v);
      const spent = this.iterations >= most;
      if (inside && error > tolerance && !spent) continue;
      const [left, right] = inside ? [u, v] : [before, after];
      left.forEach((scaling, i) => (f[i]! += epsilon * Math.log(scaling)));
      right.forEach((scaling, j) => (g[j]! += epsilon * Math.log(scaling)));
      return inside || spent;
    }
  }

  /** Matches the row sums with `u` and computes the column sums without `v`. */
  private sweep(u: Float64Array, v: Float64Array, sums: Float64Array): void {
    const { kernel, a, b } = this;
    const m = b.length;
    const weighted = v.map((scaling, j) => scaling * b[j]!);
    sums.fill(0);
    for (let i = 0, row = 0; i < a.length; i++, row += m) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += kernel[row + j]! * weighted[j]!;
      u[i] = 1 / sum;
      const mass = a[i]! * u[i]!;
      for (let j = 0; j < m; j++) sums[j]! += mass * kernel[row + j]!;
    }
  }
}

function isModerate(scalings: Float64Array): boolean {
  return scalings.every((scaling) => Math.abs(Math.log(scaling)) < farthest);
}

/**
 * Soft minimum -epsilon log sum_j b_j exp((g_j - c_j) / epsilon) over the costs [m] from `row` on: the potential that
 * matches the plan's sum there. @param shares The b_j, as epsilon log b_j.
 */
export function softMinimum(
  costs: Float64Array,
  potentials: Float64Array,
  shares: Float64Array,
  epsilon: number,
  row: number,
): number {
  let top = -Infinity;
  for (let j = 0; j < potentials.length; j++) top = Math.max(top, shares[j]! + potentials[j]! - costs[row + j]!);
  let sum = 0;
  for (let j = 0; j < potentials.length; j++) {
    sum += Math.exp((shares[j]! + potentials[j]! - costs[row + j]! - top) / epsilon);
  }
  return -(top + epsilon * Math.log(sum));
}
