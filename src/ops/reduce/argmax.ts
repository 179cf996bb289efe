import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { requireFloat } from "../pointwise/pointwise.ts";
import { foldAxes, reducedShape, resolveAxis } from "./axes.ts";

/** TensorProto.DataType.INT32 */
const int32 = 6;

/** The primitive of `argmax`. */
export const argmaxOp = defineOp<{ axis: number }>({
  name: "argmax",
  infer: ([x], { axis }) => {
    requireFloat(x!, "argmax");
    return { shape: reducedShape(x!.shape, { axes: [axis], keepDims: false }), dtype: "int32" };
  },
  evaluate: ([x], { axis }) => {
    const stride = x!.shape.slice(axis + 1).reduce((size, extent) => size * extent, 1);
    const place = (at: number) => Math.floor(at / stride) % x!.shape[axis]!;
    const largest = foldAxes(x!, [axis], -1, (best, value, at) => (best < 0 || value > x!.data[best]! ? at : best));
    return largest.map(place);
  },
  gradient: "none",
  emit: (emitter, [x], { axis }, y) =>
    emitter.node("Cast", [emitter.node("ArgMax", [x!], y.shape, { axis, keepdims: 0 })], y.shape, {
      to: int32,
    }),
  kernel: { reduction: "argmax", axes: ({ axis }) => [axis] },
});

/**
 * Index of the largest element along an axis, the first in a tie, as int32: [..., k, ...] to the shape without that
 * axis. No gradient.
 */
export function argmax(x: Tensor, axis = -1): Tensor {
  return apply(argmaxOp, [x], { axis: resolveAxis(x, axis, "argmax") });
}
