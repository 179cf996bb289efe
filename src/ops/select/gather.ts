import { ShapeError } from "../../base/errors.ts";
import { ndarray, sizeOf } from "../../base/ndarray.ts";
import { remembered } from "../../base/remembered.ts";
import { type Dim, type Tensor, apply, constant, constantValue, defineOp, staticDim } from "../../graph/tensor.ts";
import { lookupView } from "../../graph/view.ts";
import { resolveAxis } from "../reduce/axes.ts";
import { scatterAdd } from "./scatter-add.ts";

/**
 * The primitive of `gather`. @throws ShapeError for an index outside [0, extent), when the interpreter evaluates it.
 */
export const gatherOp = defineOp<{ axis: number }>({
  name: "gather",
  infer: ([x, indices], { axis }) => {
    requirePlaces(indices!, x!.shape[axis]!, "gather");
    const shape = [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)];
    return { shape, dtype: x!.dtype };
  },
  evaluate: ([x, indices], { axis }, shape) => {
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const outer = sizeOf(x!.shape.slice(0, axis));
    const extent = x!.shape[axis]!;
    const out = new Float64Array(sizeOf(shape));
    let to = 0;
    for (let row = 0; row < outer; row++) {
      for (const place of indices!.data) {
        if (!(place >= 0 && place < extent))
          throw new ShapeError(`gather: indices must be in [0, ${extent}) - got ${place}`);
        const from = (row * extent + place) * inner;
        out.set(x!.data.subarray(from, from + inner), to);
        to += inner;
      }
    }
    return out;
  },
  gradient: (g, [x, indices], { axis }) => [scatterAdd(g, indices!, axis, staticDim(x!, axis, "gather")), null],
  emit: (emitter, [x, indices], { axis }, y) => emitter.node("Gather", [x!, indices!], y.shape, { axis }),
  kernel: { view: ([x, indices], { axis }) => lookupView(x!, axis, indices!) },
});

/**
 * Slices of x along an axis at `indices` (int32, any shape), whose axes replace that axis: [a, ..., z] and [i, j] to
 * [i, j, ..., z] for axis 0.
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return apply(gatherOp, [x, indices], { axis: resolveAxis(x, axis, "gather") });
}

/** @throws ShapeError unless the indices, of any shape, are int32 and, where their values are known, in [0, extent). */
export function requirePlaces(indices: Tensor, extent: Dim, where: string): void {
  if (indices.dtype !== "int32") throw new ShapeError(`${where}: indices must be int32 - got ${indices.dtype}`);
  const wrong = extremes(indices).find((place) => place < 0 || place >= Number(extent));
  if (wrong !== undefined) throw new ShapeError(`${where}: indices must be in [0, ${extent}) - got ${wrong}`);
}

/** The smallest and the largest index, if the indices are constant. Cached, because index tables for large images are long and many
 * gathers share them. */
const extremes = remembered((indices: Tensor): readonly number[] => {
  const places = constantValue(indices)?.data ?? [];
  if (places.length === 0) return [];
  let [least, most] = [places[0]!, places[0]!];
  for (const place of places) {
    if (place < least) least = place;
    else if (place > most) most = place;
  }
  return [least, most];
});

/** A constant vector [n] of indices. */
export function indexTensor(places: readonly number[]): Tensor {
  return constant(ndarray("int32", [places.length], Int32Array.from(places)));
}
