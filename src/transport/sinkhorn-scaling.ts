/** Logarithms of scalings beyond which they are taken into the potentials: products of them stay far inside a double. */
const farthest = 50;
/** The logarithm below which an entry of the kernel is left out: no scaling would bring it back, and tiny numbers are slow. */
const smallest = -460;

/**
 * Sinkhorn's iteration on one problem. Potentials hold what has been found; a kernel exp((f + g - c) / epsilon) is made of
 * them, and scaled on both sides by plain products, which cost a tenth of logarithms. When the scalings have grown large
 * they are taken into the potentials and the kernel is made anew.
 */
export class SinkhornScaling {
  /** Potentials [n] and [m]. */
  readonly f: Float64Array;
  readonly g: Float64Array;
  iterations = 0;
  private readonly kernel: Float64Array;

  /** @param costs [n, m] @param a Shares [n], each above 0. @param b Shares [m], each above 0. */
  constructor(
    private readonly costs: Float64Array,
    private readonly a: Float64Array,
    private readonly b: Float64Array,
  ) {
    this.f = new Float64Array(a.length);
    this.g = new Float64Array(b.length);
    this.kernel = new Float64Array(costs.length);
  }

  /** Iterates until the plan's sums miss at most so much of the weights, or `most` iterations were made in all. */
  run(epsilon: number, tolerance: number, most: number): void {
    for (;;) {
      this.logStep(epsilon);
      this.fillKernel(epsilon);
      if (this.scale(epsilon, tolerance, most)) return;
    }
  }

  /** The plan of the potentials, in place of the kernel: nothing can be run after this. */
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

  /** One iteration on the potentials alone, safe for any of them: each row's sum is made right, then each column's. */
  private logStep(epsilon: number): void {
    const { costs, a, b, f, g } = this;
    const [n, m] = [f.length, g.length];
    // Shares are taken as logarithms, so that a far smaller one than others counts where it must.
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

  /** Scales the kernel until it is done, which it returns, or the scalings are too large. They end in the potentials. */
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

  /** Makes the sums of rows right by `u`, and finds those of columns, all but `v` in them. */
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
 * -epsilon log sum_j b_j exp((g_j - c_j) / epsilon) over the costs [m] from `row` on: the potential that makes the plan's sum
 * there right. @param shares The b_j, as epsilon log b_j.
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
