import { ShapeError } from "../../base/errors.ts";
import { formatShape, gatherStrided, ndarray, sizeOf, stridesOf } from "../../base/ndarray.ts";
import { type Tensor, apply, defineOp, staticDim } from "../../graph/tensor.ts";
import { sliceView } from "../../graph/view.ts";
import { resolveAxis } from "../reduce/axes.ts";
import { padAxis } from "./pad.ts";

/** The primitive of `slice`. */
export const sliceOp = defineOp<{ axis: number; start: number; stop: number }>({
  name: "slice",
  infer: ([x], { axis, start, stop }) => ({
    shape: x!.shape.map((extent, i) => (i === axis ? stop - start : extent)),
    dtype: x!.dtype,
  }),
  evaluate: ([x], { axis, start }, shape) => {
    const strides = stridesOf(x!.shape);
    const flat = ndarray("float64", [sizeOf(x!.shape)], x!.data);
    return gatherStrided(flat, shape, strides, start * strides[axis]!).data;
  },
  gradient: (g, [x], { axis, start, stop }) => [padAxis(g, axis, start, (x!.shape[axis] as number) - stop)],
  emit: (emitter, [x], { axis, start, stop }, y) =>
    emitter.node("Slice", [x!, ...[[start], [stop], [axis]].map((value) => emitter.indices(value))], y.shape),
  kernel: { view: ([x], { axis, start, stop }) => sliceView(x!, axis, start, stop) },
  simplify: ([x], { start, stop, axis }) => (start === 0 && stop === x!.shape[axis] ? x! : null),
});

/**
 * The part of x from `start` to before `stop` along an axis: [..., a, ...] to [..., stop - start, ...].
 * @throws ShapeError unless 0 <= start < stop <= the extent.
 */
export function slice(x: Tensor, axis: number, start: number, stop: number): Tensor {
  const along = resolveAxis(x, axis, "slice");
  const extent = staticDim(x, along, "slice");
  const whole = Number.isInteger(start) && Number.isInteger(stop);
  if (!whole || start < 0 || start >= stop || stop > extent) {
    throw new ShapeError(
      `slice: needs 0 <= start < stop <= ${extent} on axis ${along} of ${formatShape(x.shape)} - got ${start} to ${stop}`,
    );
  }
  return apply(sliceOp, [x], { axis: along, start, stop });
}

/** Splits x along an axis into parts of the given lengths. @throws ShapeError unless they sum to its extent. */
export function split(x: Tensor, axis: number, lengths: readonly number[]): Tensor[] {
  const along = resolveAxis(x, axis, "split");
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== x.shape[along]) {
    throw new ShapeError(
      `split: lengths must sum to axis ${along} of ${formatShape(x.shape)} - got [${lengths.join(", ")}]`,
    );
  }
  let start = 0;
  return lengths.map((length) => slice(x, along, start, (start += length)));
}
