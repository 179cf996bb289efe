import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { broadcastTo } from "../movement/broadcast-to.ts";
import { reshape } from "../movement/reshape.ts";
import { requireFloat } from "../pointwise/pointwise.ts";
import { type ReduceAttrs, type ReduceOptions, foldAxes, keptShape, reduceAttrs, reducedShape } from "./axes.ts";

export const sumOp = defineOp<ReduceAttrs>({
  name: "sum",
  infer: ([x], attrs) => {
    requireFloat(x!, "sum");
    return { shape: reducedShape(x!.shape, attrs), dtype: x!.dtype };
  },
  evaluate: ([x], { axes }) => foldAxes(x!, axes, 0, (total, value) => total + value),
  gradient: (g, [x], { axes }) => [broadcastTo(reshape(g, keptShape(x!.shape, axes)), x!.shape)],
  emit: (emitter, [x], { axes, keepDims }, y) =>
    emitter.node("ReduceSum", [x!, emitter.indices(axes)], y.shape, { keepdims: keepDims ? 1 : 0 }),
  // Summing over axes of extent 1 only changes the shape.
  simplify: ([x], { axes }, y) => (axes.every((axis) => x!.shape[axis] === 1) ? reshape(x!, y.shape) : null),
});

/** Sum over axes. */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return apply(sumOp, [x], reduceAttrs(x, options, "sum"));
}
