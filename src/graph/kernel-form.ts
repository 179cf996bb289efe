import type { Shape } from "../base/ndarray.ts";
import type { Attrs, Tensor, TensorType } from "./tensor.ts";
import type { View } from "./view.ts";

/** One number of a tensor inside a kernel. Several of them are computed at once, one a lane. */
export interface Scalar {
  /** float64 occurs only inside elementary functions. */
  readonly type: TensorType | "float64";
}

/** What an op may ask of the kernel compiler to compute one number of its result. */
export interface Arithmetic {
  number(value: number): Scalar;
  add(a: Scalar, b: Scalar): Scalar;
  sub(a: Scalar, b: Scalar): Scalar;
  mul(a: Scalar, b: Scalar): Scalar;
  div(a: Scalar, b: Scalar): Scalar;
  /** NaN where either is. */
  min(a: Scalar, b: Scalar): Scalar;
  max(a: Scalar, b: Scalar): Scalar;
  neg(x: Scalar): Scalar;
  abs(x: Scalar): Scalar;
  sqrt(x: Scalar): Scalar;
  exp(x: Scalar): Scalar;
  expm1(x: Scalar): Scalar;
  log(x: Scalar): Scalar;
  log1p(x: Scalar): Scalar;
  tanh(x: Scalar): Scalar;
  sigmoid(x: Scalar): Scalar;
  softplus(x: Scalar): Scalar;
  erf(x: Scalar): Scalar;
  pow(a: Scalar, b: Scalar): Scalar;
  greater(a: Scalar, b: Scalar): Scalar;
  greaterEqual(a: Scalar, b: Scalar): Scalar;
  equal(a: Scalar, b: Scalar): Scalar;
  /** `a` where the condition holds, else `b`. */
  select(condition: Scalar, a: Scalar, b: Scalar): Scalar;
  cast(x: Scalar, to: TensorType): Scalar;
}

/**
 * How kernels compute an op. Static shapes only: the compiler refuses others before it asks.
 * - `memory`: nothing is computed; an input, which is fed, or a constant, which is known.
 * - `pointwise`: one number of the result from the numbers of the operands at its place, which broadcast.
 * - `view`: no computation; where the numbers of the result lie in memory, seen from where those of the operands do. Null
 *   where no view says that, until the first operand has been copied.
 * - `join`: each operand is laid at its start along an axis of the result, zeros between and around them.
 * - `reduction`: along axes of the operand; `argmax` is the place of the first largest along one axis.
 * - `product`: operands as stacks of matrices [..., m, k] and [..., k, n] with equal leading axes; `narrow` are other ops where
 *   these are quicker.
 * - `scatter`: slices of the first operand along an axis are added to zeros at the places that the second names.
 * - `composite`: other ops compute it, none of which is a composite.
 */
export type KernelForm<A extends Attrs = Attrs> =
  | { readonly memory: "fed" | "known" }
  | { readonly pointwise: (k: Arithmetic, operands: readonly Scalar[], attrs: A) => Scalar }
  | { readonly view: (operands: readonly View[], attrs: A, shape: Shape) => View | null }
  | {
      readonly join: (
        operands: readonly Shape[],
        attrs: A,
      ) => { readonly axis: number; readonly starts: readonly number[] };
    }
  | { readonly reduction: "sum" | "max" | "argmax"; readonly axes: (attrs: A) => readonly number[] }
  | {
      readonly product: (a: View, b: View, attrs: A, shape: Shape) => readonly [a: View, b: View];
      readonly narrow: (inputs: readonly Tensor[], attrs: A) => Tensor | null;
    }
  | { readonly scatter: (attrs: A) => { readonly axis: number } }
  | { readonly composite: (inputs: readonly Tensor[], attrs: A, y: Tensor) => Tensor };
