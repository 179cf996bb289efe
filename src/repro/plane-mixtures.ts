// Mixtures of normal distributions in the plane, and their images under linear maps.

/** A 2 x 2 matrix by rows, applied to column vectors. */
export type Matrix = readonly [readonly [number, number], readonly [number, number]];

export interface Component {
  readonly weight: number;
  readonly mean: readonly [number, number];
  readonly covariance: Matrix;
}

/** A mixture of normal distributions in the plane. */
export type Mixture = readonly Component[];

export function component(
  weight: number,
  mean: Component["mean"],
  [xx, xy, yy]: readonly [number, number, number],
): Component {
  return {
    weight,
    mean,
    covariance: [
      [xx, xy],
      [xy, yy],
    ],
  };
}

function times(a: Matrix, b: Matrix): Matrix {
  const entry = (i: 0 | 1, j: 0 | 1) => a[i][0] * b[0][j] + a[i][1] * b[1][j];
  return [
    [entry(0, 0), entry(0, 1)],
    [entry(1, 0), entry(1, 1)],
  ];
}

function transposed([[a, b], [c, d]]: Matrix): Matrix {
  return [
    [a, c],
    [b, d],
  ];
}

export function moved([[a, b], [c, d]]: Matrix, [x, y]: readonly [number, number]): [number, number] {
  return [a * x + b * y, c * x + d * y];
}

/** The distribution of transformed points. */
export function pushed(by: Matrix, mixture: Mixture): Mixture {
  return mixture.map(({ weight, mean, covariance }) => ({
    weight,
    mean: moved(by, mean),
    covariance: times(times(by, covariance), transposed(by)),
  }));
}

/** Density at a point. */
export function density(mixture: Mixture, [x, y]: readonly [number, number]): number {
  return mixture.reduce((sum, { weight, mean, covariance: [[xx, xy], [, yy]] }) => {
    const [dx, dy] = [x - mean[0], y - mean[1]];
    const determinant = xx * yy - xy * xy;
    const square = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant;
    return sum + (weight * Math.exp(-square / 2)) / (2 * Math.PI * Math.sqrt(determinant));
  }, 0);
}

/** The density of the first coordinate. */
export function densityAlong(mixture: Mixture, x: number): number {
  return mixture.reduce(
    (sum, { weight, mean, covariance: [[xx]] }) =>
      sum + (weight * Math.exp(-((x - mean[0]) ** 2) / (2 * xx))) / Math.sqrt(2 * Math.PI * xx),
    0,
  );
}

/** Coordinates of a grid that is fine relative to every standard deviation and extends to where all densities vanish. */
export const places = Float64Array.from({ length: 241 }, (_, i) => (i - 120) / 12);

export function onGrid(mixture: Mixture): Float64Array {
  const out = new Float64Array(places.length ** 2);
  for (let i = 0; i < out.length; i++) {
    out[i] = density(mixture, [places[i % places.length]!, places[Math.floor(i / places.length)]!]);
  }
  return out;
}
