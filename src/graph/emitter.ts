import type { NdArray, Shape } from "../base/ndarray.ts";
import type { Dims, TensorType } from "./tensor.ts";

/** A value of the ONNX graph under construction. */
export interface Value {
  readonly name: string;
  readonly shape: Dims;
}

/** Attribute of an ONNX node. Whole numbers become INT; `{ float }` marks a number that ONNX wants as FLOAT. */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

/**
 * Where the ONNX graph will run. `training`: one fixed shape on this machine, convolutions as gathered columns and
 * matrix products, which ONNX Runtime's CPU and WebGPU kernels run fastest. `portable`: a file for any ONNX runtime,
 * with a batch axis of any length, in ONNX's own operators.
 */
export type Target = "training" | "portable";

/** What an op may ask of the ONNX writer. Equal nodes are written once, so that ops share work by asking for it again. */
export interface Emitter {
  readonly target: Target;
  /** One node with one result of the given shape. */
  node(
    type: string,
    inputs: readonly (Value | null)[],
    shape: Dims,
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): Value;
  input(name: string, shape: Dims, dtype: TensorType): Value;
  constant(value: NdArray<TensorType>): Value;
  /** A vector of int64, the type in which ONNX takes axes, shapes and bounds. */
  indices(values: readonly number[]): Value;
  /** Zeros; extents may be symbolic. */
  zeros(shape: Dims): Value;
  /** Ones. */
  ones(shape: Shape): Value;
  /** `x` repeated to a larger shape. */
  expand(x: Value, shape: Dims): Value;
  /** `x` under another shape; at most one extent may be symbolic. */
  reshape(x: Value, shape: Dims): Value;
}
