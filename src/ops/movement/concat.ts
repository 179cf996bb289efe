import { ShapeError } from "../../base/errors.ts";
import { formatShape, sizeOf } from "../../base/ndarray.ts";
import { type Tensor, apply, defineOp, staticDim } from "../../graph/tensor.ts";
import { resolveAxis } from "../reduce/axes.ts";
import { slice } from "./slice.ts";

/** The primitive of `concat`. @throws ShapeError when types, or extents of other axes, differ. */
export const concatOp = defineOp<{ axis: number }>({
  name: "concat",
  infer: (parts, { axis }) => {
    const first = parts[0]!;
    for (const part of parts) {
      const fits = part.shape.length === first.shape.length && part.dtype === first.dtype;
      if (!fits || part.shape.some((extent, i) => i !== axis && extent !== first.shape[i])) {
        throw new ShapeError(
          `concat: parts must agree except along axis ${axis} - got ${first.dtype} ${formatShape(first.shape)} and ${part.dtype} ${formatShape(part.shape)}`,
        );
      }
    }
    const length = parts.reduce((total, part) => total + staticDim(part, axis, "concat"), 0);
    return {
      shape: first.shape.map((extent, i) => (i === axis ? length : extent)),
      dtype: first.dtype,
    };
  },
  evaluate: (parts, { axis }, shape) => {
    const out = new Float64Array(sizeOf(shape));
    const row = sizeOf(shape.slice(axis));
    let start = 0;
    for (const part of parts) {
      const width = sizeOf(part.shape.slice(axis));
      for (let from = 0, to = start; from < part.data.length; from += width, to += row) {
        out.set(part.data.subarray(from, from + width), to);
      }
      start += width;
    }
    return out;
  },
  gradient: (g, parts, { axis }) => {
    let start = 0;
    return parts.map((part) => {
      const stop = start + (part.shape[axis] as number);
      const share = slice(g, axis, start, stop);
      start = stop;
      return share;
    });
  },
  emit: (emitter, parts, { axis }, y) => emitter.node("Concat", parts, y.shape, { axis }),
  kernel: {
    join: (parts, { axis }) => {
      let end = 0;
      return { axis, starts: parts.map((shape) => (end += shape[axis]!) - shape[axis]!) };
    },
  },
  simplify: (parts) => (parts.length === 1 ? parts[0]! : null),
});

/**
 * Concatenates tensors along an axis, whose extents must be known: [..., a, ...] and [..., b, ...] to [..., a + b,
 * ...].
 * @throws ShapeError for no tensor, or when types or the other extents differ.
 */
export function concat(parts: readonly Tensor[], axis = 0): Tensor {
  if (parts.length === 0) throw new ShapeError("concat: needs at least one tensor");
  return apply(concatOp, parts, { axis: resolveAxis(parts[0]!, axis, "concat") });
}
