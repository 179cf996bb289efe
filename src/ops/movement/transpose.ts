import { ShapeError } from "../../base/errors.ts";
import { formatShape, ndarray, permuted } from "../../base/ndarray.ts";
import { type Op, type Tensor, apply, defineOp, opOf } from "../../graph/tensor.ts";
import { permuteView } from "../../graph/view.ts";

/** The primitive of `transpose`. */
export const transposeOp: Op<{ order: readonly number[] }> = defineOp<{ order: readonly number[] }>({
  name: "transpose",
  infer: ([x], { order }) => ({ shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype }),
  evaluate: ([x], { order }) => permuted(ndarray("float64", x!.shape, x!.data), order).data,
  gradient: (g, _, { order }) => [transpose(g, inverse(order))],
  emit: (emitter, [x], { order }, y) => emitter.node("Transpose", [x!], y.shape, { perm: order }),
  kernel: { view: ([x], { order }) => permuteView(x!, order) },
  simplify: ([x], { order }) => {
    if (order.every((axis, i) => axis === i)) return x!;
    if (opOf(x!) !== (transposeOp as unknown as Op)) return null;
    const first = x!.attrs.order as readonly number[];
    return transpose(
      x!.inputs[0]!,
      order.map((axis) => first[axis]!),
    );
  },
});

/**
 * Permutes axes: axis i of the result is axis `order[i]` of x. By default the axes are reversed: [a, b, c] to [c, b,
 * a].
 * @throws ShapeError unless the order names each axis once.
 */
export function transpose(x: Tensor, order: readonly number[] = x.shape.map((_, i) => x.shape.length - 1 - i)): Tensor {
  const sorted = [...order].sort((a, b) => a - b);
  if (sorted.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
    throw new ShapeError(
      `transpose: the order must name each axis of ${formatShape(x.shape)} once - got [${order.join(", ")}]`,
    );
  }
  return apply(transposeOp, [x], { order: [...order] });
}

function inverse(order: readonly number[]): number[] {
  const back = new Array<number>(order.length);
  order.forEach((axis, i) => (back[axis] = i));
  return back;
}
