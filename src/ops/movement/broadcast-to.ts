import { ShapeError } from "../../base/errors.ts";
import { equalShapes, formatShape, gatherStrided, ndarray, sizeOf } from "../../base/ndarray.ts";
import { type Dims, type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { broadcastView } from "../../graph/view.ts";
import { broadcastShapes, repeatedStrides, sumTo } from "../pointwise/broadcast.ts";

/** The primitive of `broadcastTo`. @throws ShapeError when the shape does not fit. */
export const broadcastToOp = defineOp<{ shape: Dims }>({
  name: "broadcastTo",
  infer: ([x], { shape }) => {
    const common = broadcastShapes(x!.shape, shape, "broadcastTo");
    if (common.length !== shape.length || common.some((extent, i) => extent !== shape[i])) {
      throw new ShapeError(`broadcastTo: ${formatShape(x!.shape)} cannot be broadcast to ${formatShape(shape)}`);
    }
    return { shape, dtype: x!.dtype };
  },
  evaluate: ([x], _, shape) =>
    gatherStrided(ndarray("float64", [sizeOf(x!.shape)], x!.data), shape, repeatedStrides(x!.shape, shape), 0).data,
  gradient: (g, [x]) => [sumTo(g, x!.shape)],
  emit: (emitter, [x], { shape }) => emitter.expand(x!, shape),
  kernel: { view: ([x], _, shape) => broadcastView(x!, shape) },
});

/**
 * Repeats x along axes of extent 1, and along new leading axes, to `shape`. @throws ShapeError when it does not fit.
 */
export function broadcastTo(x: Tensor, shape: Dims): Tensor {
  return equalShapes(x.shape, shape) ? x : apply(broadcastToOp, [x], { shape });
}
