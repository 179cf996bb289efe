import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { reshape } from "../movement/reshape.ts";
import { cast } from "../pointwise/cast.ts";
import { equal } from "../pointwise/compare.ts";
import { div } from "../pointwise/div.ts";
import { mul } from "../pointwise/mul.ts";
import { neg } from "../pointwise/neg.ts";
import { requireFloat } from "../pointwise/pointwise.ts";
import { type ReduceAttrs, type ReduceOptions, foldAxes, keptShape, reduceAttrs, reducedShape } from "./axes.ts";
import { sum } from "./sum.ts";

/** The primitive of `max`. */
export const maxOp = defineOp<ReduceAttrs>({
  name: "max",
  infer: ([x], attrs) => {
    requireFloat(x!, "max");
    return { shape: reducedShape(x!.shape, attrs), dtype: x!.dtype };
  },
  evaluate: ([x], { axes }) => foldAxes(x!, axes, -Infinity, (largest, value) => Math.max(largest, value)),
  gradient: (g, [x], { axes }, y) => {
    const kept = keptShape(x!.shape, axes);
    const largest = cast(equal(x!, reshape(y, kept)), "float32");
    return [mul(reshape(g, kept), div(largest, sum(largest, { axes, keepDims: true })))];
  },
  emit: (emitter, [x], { axes, keepDims }, y) =>
    emitter.node("ReduceMax", [x!, emitter.indices(axes)], y.shape, { keepdims: keepDims ? 1 : 0 }),
  kernel: { reduction: "max", axes: ({ axes }) => axes },
  // Reducing over no axes changes nothing, whereas ONNX interprets an empty list as all axes.
  simplify: ([x], { axes }, y) => (axes.every((axis) => x!.shape[axis] === 1) ? reshape(x!, y.shape) : null),
});

/**
 * Largest element along axes (all by default), which are removed from the shape unless `keepDims` is set. Ties share
 * the gradient equally.
 */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  return apply(maxOp, [x], reduceAttrs(x, options, "max"));
}

/**
 * Smallest element along axes (all by default), which are removed from the shape unless `keepDims` is set. Ties share
 * the gradient equally.
 */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  return neg(max(neg(x), options));
}
