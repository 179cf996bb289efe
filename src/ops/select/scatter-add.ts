import { filled } from "../../base/filled.ts";
import { ShapeError } from "../../base/errors.ts";
import { type Shape, formatShape, ndarray, sizeOf } from "../../base/ndarray.ts";
import type { Emitter, Value } from "../../graph/emitter.ts";
import { type Dim, type Dims, type Tensor, apply, constantValue, defineOp } from "../../graph/tensor.ts";
import { requireFloat } from "../pointwise/pointwise.ts";
import { gather, requirePlaces } from "./gather.ts";

/**
 * The adjoint of `gather`: each slice of `g` is added at the index that belongs to it. @throws ShapeError when the
 * shapes of indices and slices differ.
 */
export const scatterAddOp = defineOp<{ axis: number; extent: number }>({
  name: "scatterAdd",
  infer: ([g, indices], { axis, extent }) => {
    requireFloat(g!, "scatterAdd");
    requirePlaces(indices!, extent, "scatterAdd");
    const rank = indices!.shape.length;
    if (indices!.shape.some((length, i) => length !== g!.shape[axis + i])) {
      throw new ShapeError(
        `scatterAdd: indices ${formatShape(indices!.shape)} must match ${formatShape(g!.shape)} from axis ${axis}`,
      );
    }
    return {
      shape: [...g!.shape.slice(0, axis), extent, ...g!.shape.slice(axis + rank)],
      dtype: g!.dtype,
    };
  },
  evaluate: ([g, indices], { axis, extent }, shape) => {
    const inner = sizeOf(shape.slice(axis + 1));
    const outer = sizeOf(shape.slice(0, axis));
    const out = new Float64Array(sizeOf(shape));
    let from = 0;
    for (let row = 0; row < outer; row++) {
      for (const place of indices!.data) {
        const to = (row * extent + place) * inner;
        for (let i = 0; i < inner; i++) out[to + i]! += g!.data[from + i]!;
        from += inner;
      }
    }
    return out;
  },
  gradient: (g, [, indices], { axis }) => [gather(g, indices!, axis), null],
  emit: (emitter, [g, indices], { axis, extent }, y) => {
    const places = constantValue(y.inputs[1]!);
    const count = countOf(y.inputs[1]!.shape);
    const lined = emitter.reshape(g!, [...y.shape.slice(0, axis), count, ...y.shape.slice(axis + 1)]);
    return places === null
      ? emitProduct(emitter, lined, indices!, axis, y)
      : emitGathers(emitter, lined, places.data as Int32Array, axis, extent, y);
  },
  kernel: { scatter: ({ axis }) => ({ axis }) },
});

/**
 * Adds slices of g at `indices` along an axis, to zeros of extent `extent` there; the adjoint of `gather`: [i, ..., z]
 * to [extent, ..., z] for axis 0.
 */
export function scatterAdd(g: Tensor, indices: Tensor, axis: number, extent: number): Tensor {
  return apply(scatterAddOp, [g, indices], { axis, extent });
}

/** Number of indices: a number, or the symbol of one that is known only at run time. */
function countOf(shape: Dims): Dim {
  return shape.some((extent) => typeof extent === "string") ? shape.join("*") : sizeOf(shape as Shape);
}

/**
 * For known indices: for each position of the result its first source, its second, ...; a zero slice where there is
 * none.
 */
function emitGathers(emitter: Emitter, g: Value, places: Int32Array, axis: number, extent: number, y: Tensor): Value {
  const sources: number[][] = Array.from({ length: extent }, () => []);
  places.forEach((place, from) => sources[place]!.push(from));
  const rounds = sources.reduce((most, from) => Math.max(most, from.length), 0);
  const full = sources.every((from) => from.length === rounds);
  const padded = full
    ? g
    : emitter.node(
        "Concat",
        [g, emitter.zeros(g.shape.map((length, i) => (i === axis ? 1 : length)))],
        g.shape.map((length, i) => (i === axis ? places.length + 1 : length)),
        { axis },
      );
  const terms = Array.from({ length: rounds }, (_, round) => {
    const from = filled(new Int32Array(sources.length), (i) => sources[i]![round] ?? places.length);
    return emitter.node("Gather", [padded, emitter.constant(ndarray("int32", [extent], from))], y.shape, { axis });
  });
  return terms.reduce((total, term) => emitter.node("Add", [total, term], y.shape));
}

/** For indices known only at run time: a product with their one-hot matrix, which every engine supports. */
function emitProduct(emitter: Emitter, g: Value, indices: Value, axis: number, y: Tensor): Value {
  const [count, extent] = [g.shape[axis]!, y.shape[axis] as number];
  const column = emitter.reshape(indices, [1, count]);
  const all = emitter.constant(
    ndarray(
      "int32",
      [extent, 1],
      filled(new Int32Array(extent), (i) => i),
    ),
  );
  const hits = emitter.node("Equal", [column, all], [extent, count]);
  const oneHot = emitter.node("Cast", [hits], [extent, count], { to: 1 });
  const order = g.shape.map((_, i) => i);
  // The product contracts the second axis from the end, so the axis is moved there and back.
  const rank = order.length;
  if (rank === 1) {
    const product = emitter.node("MatMul", [oneHot, emitter.reshape(g, [count, 1])], [extent, 1]);
    return emitter.reshape(product, y.shape);
  }
  const moved = order.filter((i) => i !== axis);
  moved.splice(rank - 2, 0, axis);
  const shapeOf = (length: Dim) => moved.map((i) => (i === axis ? length : g.shape[i]!));
  const lined = emitter.node("Transpose", [g], shapeOf(count), { perm: moved });
  const product = emitter.node("MatMul", [oneHot, lined], shapeOf(extent));
  const back = new Array<number>(rank);
  moved.forEach((from, i) => (back[from] = i));
  return emitter.node("Transpose", [product], y.shape, { perm: back });
}
