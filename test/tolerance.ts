import { expect } from "vitest";

import type { NdArray } from "../src/base/ndarray.ts";

export interface Tolerance {
  /** Allowed difference as a share of the largest magnitude of either side. */
  readonly relative: number;
  /** Allowed difference besides; for values whose exact result is zero. */
  readonly absolute?: number;
  /** Judge every number by its own magnitude instead of by the largest of its tensor. */
  readonly elementwise?: boolean;
}

type Numbers = NdArray | ArrayLike<number> | number;

declare module "vitest" {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  interface Matchers<T = any> {
    /** Numbers that agree, as whole tensors: largest difference against largest magnitude. NaN and infinities must be equal. */
    toBeAllclose(expected: Numbers, tolerance: Tolerance): T;
  }
}

expect.extend({
  toBeAllclose(actual: Numbers, expected: Numbers, tolerance: Tolerance) {
    const problem = difference(actual, expected, tolerance);
    return {
      pass: problem === null,
      message: () => problem ?? `expected numbers that differ by more than ${JSON.stringify(tolerance)}`,
    };
  },
});

/** What is wrong, or null. */
function difference(actual: Numbers, expected: Numbers, tolerance: Tolerance): string | null {
  const [a, b] = [dataOf(actual), dataOf(expected)];
  const [left, right] = [shapeOf(actual), shapeOf(expected)];
  if (left !== null && right !== null && left !== right) return `expected shape [${right}] - got [${left}]`;
  if (a.length !== b.length) return `expected ${b.length} numbers - got ${a.length}`;
  const { relative, absolute = 0, elementwise = false } = tolerance;
  const scale = Math.max(largest(a), largest(b));
  let worst = { at: -1, excess: 0, error: 0 };
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const error = Math.abs(a[i]! - b[i]!);
    const size = elementwise ? Math.max(Math.abs(a[i]!), Math.abs(b[i]!)) : scale;
    const excess = Number.isFinite(error) ? error - (relative * size + absolute) : Infinity;
    if (excess > 0 && (worst.at < 0 || excess > worst.excess)) worst = { at: i, excess, error };
  }
  if (worst.at < 0) return null;
  const share = (worst.error / scale).toExponential(2);
  return `expected ${b[worst.at]} at ${worst.at} of ${b.length} - got ${a[worst.at]}, ${share} of the largest magnitude ${scale} (allowed ${relative}, absolute ${absolute})`;
}

function dataOf(value: Numbers): ArrayLike<number> {
  if (typeof value === "number") return [value];
  return "data" in value ? value.data : value;
}

function shapeOf(value: Numbers): string | null {
  return typeof value === "object" && "shape" in value ? value.shape.join(", ") : null;
}

/** The largest finite magnitude. */
function largest(values: ArrayLike<number>): number {
  let size = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) size = Math.max(size, Math.abs(values[i]!));
  return size;
}
