import type { Shape } from "../base/ndarray.ts";
import type { Attrs, Tensor, TensorType } from "./tensor.ts";
import type { View } from "./view.ts";

/** One element of a tensor in a kernel. Several are computed at once, one per lane. */
export interface Scalar {
  /** float64 is used only in elementary functions. */
  readonly type: TensorType | "float64";
}

/** The instructions from which an op builds one element of its result. */
export interface Arithmetic {
  number(value: number): Scalar;
  add(a: Scalar, b: Scalar): Scalar;
  sub(a: Scalar, b: Scalar): Scalar;
  mul(a: Scalar, b: Scalar): Scalar;
  div(a: Scalar, b: Scalar): Scalar;
  /** NaN if either is NaN. */
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
  /** `a` if the condition holds, else `b`. */
  select(condition: Scalar, a: Scalar, b: Scalar): Scalar;
  cast(x: Scalar, to: TensorType): Scalar;
}

/**
 * How kernels compute an op. Shapes are static: the compiler refuses others beforehand.
 * - `memory`: nothing is computed; a fed input or a constant.
 * - `pointwise`: each element of the result from the corresponding elements of the operands, which are broadcast.
 * - `view`: nothing is computed; the result is a view of the operands' memory. Null if these views of the operands do not
 *   allow it: the compiler then copies the operands and asks again.
 * - `join`: each operand is placed at its start along an axis of the result, with zeros between and around them.
 * - `reduction`: along axes of the operand; `argmax` is the index of the first maximum along one axis.
 * - `product`: operands are stacks of matrices [..., m, k] and [..., k, n] with equal leading axes; `narrow` gives other ops
 *   if they are faster.
 * - `scatter`: adds slices of the first operand along an axis to zeros, at the indices in the second operand.
 * - `parts`: computes parts of the result, each given by a view of its memory, from corresponding elements of parts of the
 *   operand.
 * - `composite`: computed by other ops, none of which is a composite.
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
  | {
      readonly parts: {
        readonly reads: (x: View, attrs: A) => readonly View[];
        readonly compute: (k: Arithmetic, parts: readonly Scalar[], attrs: A) => readonly Scalar[];
        readonly writes: (y: View, attrs: A) => readonly View[];
      };
    }
  | { readonly composite: (inputs: readonly Tensor[], attrs: A, y: Tensor) => Tensor };
