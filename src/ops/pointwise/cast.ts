import { type Tensor, type TensorType, apply, defineOp } from "../../graph/tensor.ts";

/** Codes of ONNX's TensorProto.DataType. */
const onnxTypes = { float32: 1, int32: 6, bool: 9 } as const;

/** The primitive of `cast`. */
export const castOp = defineOp<{ to: TensorType }>({
  name: "cast",
  infer: ([x], { to }) => ({ shape: x!.shape, dtype: to }),
  evaluate: ([x], { to }) => {
    if (to === "int32") return x!.data.map(Math.trunc);
    return to === "bool" ? x!.data.map((value) => (value === 0 ? 0 : 1)) : x!.data.slice();
  },
  // Only a cast from float32 to float32 would carry a gradient, and that is never built.
  gradient: "none",
  emit: (emitter, [x], { to }) => emitter.node("Cast", [x!], x!.shape, { to: onnxTypes[to] }),
  kernel: { pointwise: (k, [x], { to }) => k.cast(x!, to) },
});

/**
 * The same values in another type, in the shape of x: truncated towards zero for int32, "not zero" for bool. No
 * gradient.
 */
export function cast(x: Tensor, to: TensorType): Tensor {
  return x.dtype === to ? x : apply(castOp, [x], { to });
}
