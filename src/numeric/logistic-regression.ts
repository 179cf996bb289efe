import { type NdArray, ndarray } from "../base/ndarray.ts";
import { type Fit, minimize } from "./newton.ts";

/** Weight of the loss relative to the penalty: scikit-learn's C. */
const lossWeight = 1;
/** Gradient per item at which the fit has converged. */
const flat = 1e-9;

/** A classifier that predicts the class with the largest linear score. */
export interface LogisticRegression {
  /** [classes, d + 1]; the last column is the intercept. */
  readonly weights: NdArray<"float64">;
  /** The most likely class of each row of [n, d]. */
  predict(features: NdArray<"float64">): Int32Array;
}

/**
 * Multinomial logistic regression: minimises |W|^2 / 2 + sum over items of -log softmax(x W + b)[label], without a penalty on the
 * intercepts. Solved to the optimum by Newton's method with conjugate gradients. Deterministic.
 * @param features [n, d]
 * @param labels Whole numbers in [0, classes), [n].
 */
export function logisticRegression(
  features: NdArray<"float64">,
  labels: Int32Array,
  classes: number,
): LogisticRegression {
  const [n, d] = features.shape as [number, number];
  const problem = { x: features.data, labels, classes, n, d };
  const weights = minimize(
    new Float64Array(classes * (d + 1)),
    (at) => lossAt(problem, at),
    ({ gradient, probabilities }) => solve((v) => curvature(problem, probabilities, v), gradient),
    flat * n,
  );
  return {
    weights: ndarray("float64", [classes, d + 1], weights),
    predict: ({ shape, data }) =>
      Int32Array.from({ length: shape[0]! }, (_, i) => indexOfLargest(scoresOf(data, i, weights, classes, d))),
  };
}

interface Problem {
  /** [n, d] */
  readonly x: Float64Array;
  readonly labels: Int32Array;
  readonly classes: number;
  readonly n: number;
  readonly d: number;
}

interface Loss extends Fit {
  /** [n, classes] */
  readonly probabilities: Float64Array;
}

function lossAt({ x, labels, classes, n, d }: Problem, weights: Float64Array): Loss {
  const probabilities = new Float64Array(n * classes);
  const gradient = weights.map((w, i) => (i % (d + 1) === d ? 0 : w));
  let loss = dot(gradient, gradient) / 2;
  for (let i = 0; i < n; i++) {
    const scores = scoresOf(x, i, weights, classes, d);
    const top = scores.reduce((a, b) => Math.max(a, b));
    const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
    loss += lossWeight * (top + Math.log(total) - scores[labels[i]!]!);
    for (let c = 0; c < classes; c++) {
      const p = Math.exp(scores[c]! - top) / total;
      probabilities[i * classes + c] = p;
      addRow(gradient, c, lossWeight * (c === labels[i] ? p - 1 : p), x, i, d);
    }
  }
  return { loss, gradient, probabilities };
}

/** The Hessian times a direction. */
function curvature({ x, classes, n, d }: Problem, probabilities: Float64Array, v: Float64Array): Float64Array {
  const out = v.map((entry, i) => (i % (d + 1) === d ? 0 : entry));
  for (let i = 0; i < n; i++) {
    const moved = scoresOf(x, i, v, classes, d);
    const p = probabilities.subarray(i * classes, (i + 1) * classes);
    const mean = dot(p, moved);
    for (let c = 0; c < classes; c++) addRow(out, c, lossWeight * p[c]! * (moved[c]! - mean), x, i, d);
  }
  return out;
}

/** Scores of one item, [classes]. */
function scoresOf(x: Float64Array, item: number, weights: Float64Array, classes: number, d: number): Float64Array {
  const scores = new Float64Array(classes);
  for (let c = 0; c < classes; c++) {
    const row = c * (d + 1);
    let score = weights[row + d]!;
    for (let j = 0; j < d; j++) score += weights[row + j]! * x[item * d + j]!;
    scores[c] = score;
  }
  return scores;
}

/** Adds a multiple of an item, and of 1 for its intercept, to the row of a class. */
function addRow(to: Float64Array, row: number, factor: number, x: Float64Array, item: number, d: number): void {
  const at = row * (d + 1);
  for (let j = 0; j < d; j++) to[at + j]! += factor * x[item * d + j]!;
  to[at + d]! += factor;
}

/** Conjugate gradients for a symmetric system, to a relative residual of 1e-6. */
function solve(apply: (v: Float64Array) => Float64Array, right: Float64Array): Float64Array {
  const solution = new Float64Array(right.length);
  const rest = right.slice();
  let direction = right.slice();
  let square = dot(rest, rest);
  const enough = square * 1e-12;
  for (let step = 0; step < 2 * right.length && square > enough; step++) {
    const image = apply(direction);
    const bend = dot(direction, image);
    if (!(bend > 0)) break;
    const length = square / bend;
    for (let i = 0; i < right.length; i++) {
      solution[i]! += length * direction[i]!;
      rest[i]! -= length * image[i]!;
    }
    const next = dot(rest, rest);
    direction = direction.map((entry, i) => rest[i]! + (next / square) * entry);
    square = next;
  }
  return solution;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function indexOfLargest(values: Float64Array): number {
  return values.indexOf(values.reduce((a, b) => Math.max(a, b)));
}
