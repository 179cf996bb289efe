import type { NdArray, Shape } from "../base/ndarray.ts";
import type { Dims, TensorType } from "./tensor.ts";

/** A value of the ONNX graph under construction. */
export interface Value {
  readonly name: string;
  readonly shape: Dims;
}

/** Attribute of an ONNX node. Whole numbers become INT; `{ float }` marks a FLOAT. */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

/**
 * Where the ONNX graph will run. `training`: on this machine, with fixed shapes; convolutions become gathered columns and
 * matrix products, which ONNX Runtime's CPU and WebGPU kernels run fastest. `portable`: in any ONNX runtime, with a batch
 * axis of any length, using ONNX's own operators.
 */
export type Target = "training" | "portable";

/** Interface of the ONNX writer to ops. Equal nodes are written once, so ops share work by emitting it again. */
export interface Emitter {
  readonly target: Target;
  /** Emits a node with one result of the given shape. */
  node(
    type: string,
    inputs: readonly (Value | null)[],
    shape: Dims,
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): Value;
  input(name: string, shape: Dims, dtype: TensorType): Value;
  constant(value: NdArray<TensorType>): Value;
  /** An int64 vector, ONNX's type of axes, shapes and bounds. */
  indices(values: readonly number[]): Value;
  /** Zeros; extents may be symbolic. */
  zeros(shape: Dims): Value;
  /** Ones. */
  ones(shape: Shape): Value;
  /** `x` broadcast to a larger shape. */
  expand(x: Value, shape: Dims): Value;
  /** `x` with another shape; at most one extent may be symbolic. */
  reshape(x: Value, shape: Dims): Value;
}
