/** Positive nodes and weights of the eight-point Gauss-Legendre rule on [-1, 1]; the negative ones mirror them. */
const nodes = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363] as const;
const weights = [0.362683783378362, 0.31370664587788727, 0.2223810344533745, 0.10122853629037626] as const;

/** Integral of a function over adjacent intervals, eight points in each: exact for polynomials up to degree 15. */
export function integrate(f: (x: number) => number, ends: ArrayLike<number>): number {
  let total = 0;
  for (let i = 1; i < ends.length; i++) {
    const [from, to] = [ends[i - 1]!, ends[i]!];
    const [middle, half] = [(from + to) / 2, (to - from) / 2];
    let sum = 0;
    nodes.forEach((node, k) => (sum += weights[k]! * (f(middle - half * node) + f(middle + half * node))));
    total += half * sum;
  }
  return total;
}

/** Standard deviations from the mean beyond which a normal density is negligible in double precision. */
const reach = 12;
const stepsOfOne = 4;

/** Interval ends that are fine near each of several normal distributions and reach to where their densities vanish. */
export function normalIntervals(...of: readonly { readonly mean: number; readonly deviation: number }[]): Float64Array {
  const ends = of.flatMap(({ mean, deviation }) =>
    Array.from({ length: 2 * reach * stepsOfOne + 1 }, (_, i) => mean + deviation * (i / stepsOfOne - reach)),
  );
  return Float64Array.from(ends).sort();
}
