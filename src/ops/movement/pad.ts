import { ShapeError } from "../../base/errors.ts";
import { formatShape, scalar, sizeOf } from "../../base/ndarray.ts";
import { type Tensor, apply, constant, defineOp, staticDim } from "../../graph/tensor.ts";
import { gather, indexTensor } from "../select/gather.ts";
import { add } from "../pointwise/add.ts";
import { requireFloat } from "../pointwise/pointwise.ts";
import { resolveAxis } from "../reduce/axes.ts";
import { broadcastTo } from "./broadcast-to.ts";
import { concat } from "./concat.ts";
import { slice } from "./slice.ts";

/** The primitive of `pad`. */
export const padOp = defineOp<{ axis: number; before: number; after: number }>({
  name: "pad",
  infer: ([x], { axis, before, after }) => {
    requireFloat(x!, "pad");
    requireLengths(x!, [before, after], Infinity, "pad");
    const length = staticDim(x!, axis, "pad") + before + after;
    return { shape: x!.shape.map((extent, i) => (i === axis ? length : extent)), dtype: x!.dtype };
  },
  evaluate: ([x], { axis, before }, shape) => {
    const out = new Float64Array(sizeOf(shape));
    const inner = sizeOf(shape.slice(axis + 1));
    const width = x!.shape[axis]! * inner;
    const row = shape[axis]! * inner;
    for (let from = 0, to = before * inner; from < x!.data.length; from += width, to += row) {
      out.set(x!.data.subarray(from, from + width), to);
    }
    return out;
  },
  gradient: (g, _, { axis, before, after }) => [slice(g, axis, before, (g.shape[axis] as number) - after)],
  // ONNX's Pad is slower than joining with zeros.
  emit: (emitter, [x], { axis, before, after }, y) => {
    const filler = (length: number) => emitter.zeros(y.shape.map((extent, i) => (i === axis ? length : extent)));
    const parts = [...(before > 0 ? [filler(before)] : []), x!, ...(after > 0 ? [filler(after)] : [])];
    return emitter.node("Concat", parts, y.shape, { axis });
  },
  kernel: { join: (_, { axis, before }) => ({ axis, starts: [before] }) },
  simplify: ([x], { before, after }) => (before === 0 && after === 0 ? x! : null),
  combine: joined,
});

/** Zeros before and after x along one axis: [..., a, ...] to [..., before + a + after, ...]. */
export function padAxis(x: Tensor, axis: number, before: number, after: number): Tensor {
  return apply(padOp, [x], { axis: resolveAxis(x, axis, "pad"), before, after });
}

/** Pads x with `pads[axis] = [before, after]` zeros along each axis. */
export function pad(x: Tensor, pads: readonly (readonly [number, number])[]): Tensor {
  return pads.reduce(
    (out, [before, after], axis) => (before === 0 && after === 0 ? out : padAxis(out, axis, before, after)),
    x,
  );
}

/**
 * Pads x with its reflection along each axis, without repeating the border: `pads[axis] = [before, after]`, each
 * smaller than the extent.
 */
export function padReflect(x: Tensor, pads: readonly (readonly [number, number])[]): Tensor {
  return pads.reduce((out, [before, after], axis) => {
    if (before === 0 && after === 0) return out;
    const extent = staticDim(out, axis, "padReflect");
    requireLengths(x, [before, after], extent - 1, "padReflect");
    const mirror = (at: number) => (at < 0 ? -at : at >= extent ? 2 * (extent - 1) - at : at);
    const places = Array.from({ length: before + extent + after }, (_, i) => mirror(i - before));
    return gather(out, indexTensor(places), axis);
  }, x);
}

function requireLengths(x: Tensor, lengths: readonly [number, number], most: number, where: string): void {
  if (lengths.some((length) => !Number.isInteger(length) || length < 0 || length > most)) {
    throw new ShapeError(
      `${where}: pads of ${formatShape(x.shape)} must be ${most === Infinity ? "nonnegative integers" : `integers in [0, ${most}]`} - got ${formatShape(lengths)}`,
    );
  }
}

/**
 * A sum of padded tensors whose original parts do not overlap becomes a concatenation of these parts (it occurs as the
 * gradient of splitting a tensor). Parts with the same offset are added first.
 */
function joined(terms: readonly Tensor[]): Tensor | null {
  const { axis } = terms[0]!.attrs as { axis: number };
  const places = new Map<number, Tensor>();
  for (const term of terms) {
    const part = term.inputs[0]!;
    const attrs = term.attrs as { axis: number; before: number };
    const known = places.get(attrs.before);
    if (attrs.axis !== axis || (known !== undefined && known.shape[axis] !== part.shape[axis])) return null;
    places.set(attrs.before, known === undefined ? part : add(known, part));
  }
  const ordered = [...places].toSorted(([a], [b]) => a - b);
  const parts: Tensor[] = [];
  let at = 0;
  for (const [before, part] of ordered) {
    if (before < at) return null;
    if (before > at) parts.push(gap(part, axis, before - at));
    parts.push(part);
    at = before + (part.shape[axis] as number);
  }
  const rest = (terms[0]!.shape[axis] as number) - at;
  return concat(rest > 0 ? [...parts, gap(ordered[0]![1], axis, rest)] : parts, axis);
}

function gap(like: Tensor, axis: number, length: number): Tensor {
  const shape = like.shape.map((extent, i) => (i === axis ? length : extent));
  return broadcastTo(constant(scalar(0)), shape);
}
