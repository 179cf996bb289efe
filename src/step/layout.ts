import { type NdArray, type Shape, ndarray, permuted, sizeOf } from "../base/ndarray.ts";
import { type Key, fold, key } from "../base/random.ts";
import { type Tree, flatten, unflatten } from "../base/tree.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model } from "../models/index.ts";
import { reshape, slice } from "../ops/index.ts";

/** Position of each parameter of a net in the net's vector. */
export interface Layout {
  readonly size: number;
  readonly entries: readonly { readonly path: string; readonly shape: Shape; readonly offset: number }[];
}

/** Names and sizes of a model's parameters. */
export function layoutsOf(model: Model, seed: number): Readonly<Record<string, Layout>> {
  const initial = Object.entries(initialParams(model, key(seed)));
  return Object.fromEntries(initial.map(([net, params]) => [net, layoutOf(params)]));
}

/** The initial parameters of every net, by net. */
export function initialParams(model: Model, by: Key): Record<string, Map<string, NdArray<"float32">>> {
  return Object.fromEntries(
    Object.entries(model.nets).map(([net, layer]) => [net, flatten(layer.init(fold(by, "init", net)))]),
  );
}

export function layoutOf(params: ReadonlyMap<string, NdArray<"float32">>): Layout {
  let size = 0;
  const entries = [...params].map(([path, { shape }]) => {
    const offset = size;
    size += sizeOf(shape);
    return { path, shape, offset };
  });
  return { size, entries };
}

/** All parameters as one vector [p]. */
export function ravel(params: ReadonlyMap<string, NdArray<"float32">>): NdArray<"float32"> {
  const { size, entries } = layoutOf(params);
  const data = new Float32Array(size);
  for (const { path, offset } of entries) data.set(params.get(path)!.data, offset);
  return ndarray("float32", [size], data);
}

/** The parameters of a vector [p] by path, sharing its memory. */
export function unravel(vector: NdArray<"float32">, layout: Layout): Map<string, NdArray<"float32">> {
  return new Map(
    layout.entries.map(({ path, shape, offset }) => [
      path,
      ndarray("float32", shape, vector.data.subarray(offset, offset + sizeOf(shape))),
    ]),
  );
}

/** The symbolic counterpart of `unravel`. */
export function unravelTensor(vector: Tensor, layout: Layout): Tree<Tensor> {
  return unflatten(
    layout.entries.map(({ path, shape, offset }) => [
      path,
      reshape(slice(vector, 0, offset, offset + sizeOf(shape)), shape),
    ]),
  );
}

/**
 * A parameter in PyTorch's axis order: output channels, input channels, kernel positions. Internally, kernel positions
 * come first and output channels last; vectors are the same in both.
 */
export function outward(value: NdArray<"float32">): NdArray<"float32"> {
  const rank = value.shape.length;
  return rank < 2 ? value : permuted(value, [rank - 1, rank - 2, ...axesUpTo(rank - 2)]);
}

/** The inverse of `outward`. */
export function inward(value: NdArray<"float32">): NdArray<"float32"> {
  const rank = value.shape.length;
  return rank < 2 ? value : permuted(value, [...axesUpTo(rank - 2).map((axis) => axis + 2), 1, 0]);
}

function axesUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, axis) => axis);
}
