import { ShapeError } from "../../base/errors.ts";
import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { broadcastTo } from "../movement/broadcast-to.ts";
import { type Operand, broadcastShapes, lift } from "../pointwise/broadcast.ts";

/** The primitive of `where`. @throws ShapeError unless the condition is bool and both values have one type. */
export const whereOp = defineOp<{}>({
  name: "where",
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== "bool" || a!.dtype !== b!.dtype) {
      throw new ShapeError(
        `where: needs a bool condition and two values of one type - got ${condition!.dtype}, ${a!.dtype}, ${b!.dtype}`,
      );
    }
    return { shape: condition!.shape, dtype: a!.dtype };
  },
  evaluate: ([condition, a, b]) => condition!.data.map((holds, i) => (holds !== 0 ? a!.data[i]! : b!.data[i]!)),
  gradient: (g, [condition]) => [null, where(condition!, g, 0), where(condition!, 0, g)],
  emit: (emitter, [condition, a, b], _, y) => emitter.node("Where", [condition!, a!, b!], y.shape),
  kernel: { pointwise: (k, [condition, a, b]) => k.select(condition!, a!, b!) },
});

/**
 * `a` where the condition holds, otherwise `b`; the three shapes broadcast. The side not chosen gets no gradient, even
 * where it is NaN.
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const [left, right] = [lift(a), lift(b)];
  const shape = broadcastShapes(broadcastShapes(condition.shape, left.shape, "where"), right.shape, "where");
  return apply(
    whereOp,
    [condition, left, right].map((x) => broadcastTo(x, shape)),
    {},
  );
}
