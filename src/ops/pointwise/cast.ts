import { ShapeError } from "../../base/errors.ts";
import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";

/** Types to cast to, with their codes in ONNX's TensorProto.DataType. */
const onnxTypes = { float32: 1, int32: 6, bool: 9 } as const;

/** The primitive of `cast`. */
export const castOp = defineOp<{ to: keyof typeof onnxTypes }>({
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
 * @throws ShapeError for uint8, which no op computes.
 */
export function cast(x: Tensor, to: keyof typeof onnxTypes): Tensor {
  if (!(to in onnxTypes)) {
    throw new ShapeError(`cast: the type must be one of ${Object.keys(onnxTypes).join(", ")} - got ${String(to)}`);
  }
  return x.dtype === to ? x : apply(castOp, [x], { to });
}
