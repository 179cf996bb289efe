import { type Shape, sizeOf } from "../../base/ndarray.ts";
import { type Dims, type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { broadcastTo } from "../movement/broadcast-to.ts";
import { reshape } from "../movement/reshape.ts";
import { requireFloat } from "../pointwise/pointwise.ts";
import { type ReduceAttrs, type ReduceOptions, foldAxes, keptShape, reduceAttrs, reducedShape } from "./axes.ts";

/** The primitive of `sum`. */
export const sumOp = defineOp<ReduceAttrs>({
  name: "sum",
  infer: ([x], attrs) => {
    requireFloat(x!, "sum");
    return { shape: reducedShape(x!.shape, attrs), dtype: x!.dtype };
  },
  evaluate: ([x], { axes }) => foldAxes(x!, axes, 0, (total, value) => total + value),
  gradient: (g, [x], { axes }) => [broadcastTo(reshape(g, keptShape(x!.shape, axes)), x!.shape)],
  emit: (emitter, [x], { axes, keepDims }, y) => {
    const rows = leadingRows(x!.shape, axes);
    if (emitter.target === "portable" || rows === null) {
      return emitter.node("ReduceSum", [x!, emitter.indices(axes)], y.shape, {
        keepdims: keepDims ? 1 : 0,
      });
    }
    const columns = sizeOf(x!.shape as Shape) / rows;
    const product = emitter.node(
      "MatMul",
      [emitter.ones([1, rows]), emitter.reshape(x!, [rows, columns])],
      [1, columns],
    );
    return emitter.reshape(product, y.shape);
  },
  kernel: { reduction: "sum", axes: ({ axes }) => axes },
  // Summing over axes of extent 1 only changes the shape.
  simplify: ([x], { axes }, y) => (axes.every((axis) => x!.shape[axis] === 1) ? reshape(x!, y.shape) : null),
});

/** From this many columns a product with a row of ones takes a third of the time of ONNX Runtime's ReduceSum. */
const worthProduct = 8;

/**
 * The number of rows if `axes` are the leading ones (axes of extent 1 aside) and the other axes give enough columns; otherwise
 * null.
 */
function leadingRows(shape: Dims, axes: readonly number[]): number | null {
  if (shape.some((extent) => typeof extent === "string")) return null;
  const end = (axes.at(-1) ?? -1) + 1;
  if (shape.slice(0, end).some((extent, axis) => extent !== 1 && !axes.includes(axis))) return null;
  const rows = sizeOf(shape.slice(0, end) as Shape);
  return sizeOf(shape.slice(end) as Shape) >= worthProduct && rows > 1 ? rows : null;
}

/** Sum over axes (all by default), which are removed from the shape unless `keepDims` is set. */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return apply(sumOp, [x], reduceAttrs(x, options, "sum"));
}
