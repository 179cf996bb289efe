import { ShapeError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape, ndarray } from "../base/ndarray.ts";
import { type Dims, type Numbers, type Tensor, inputName, opOf } from "./tensor.ts";
import { toposort } from "./traverse.ts";

export type Feeds = Readonly<Record<string, NdArray>>;

/**
 * Evaluates tensors in float64, node by node: slow and simple, the reference for every engine. Symbolic extents are bound
 * to those of the fed arrays.
 * @throws ShapeError if an input is missing from `feeds` or has another shape.
 */
export function evaluate(outputs: readonly Tensor[], feeds: Feeds = {}): NdArray<"float64">[] {
  const values = new Map<Tensor, Numbers>();
  const extents = new Map<string, number>();
  const order = toposort(outputs);
  for (const node of order) {
    const name = inputName(node);
    if (name !== null) values.set(node, fed(node, name, feeds, extents));
  }
  for (const node of order) {
    if (values.has(node)) continue;
    const shape = node.shape.map((extent) => resolve(extent, extents));
    const inputs = node.inputs.map((from) => values.get(from)!);
    values.set(node, { shape, data: opOf(node).evaluate(inputs, node.attrs, shape) });
  }
  return outputs.map((output) => {
    const { shape, data } = values.get(output)!;
    // A copy: nodes may share memory, but outputs must not.
    return ndarray("float64", shape, data.slice());
  });
}

function fed(node: Tensor, name: string, feeds: Feeds, extents: Map<string, number>): Numbers {
  const value = feeds[name];
  if (value === undefined) throw new ShapeError(`evaluate: input "${name}" was not fed`);
  if (!bind(node.shape, value.shape, extents)) {
    throw new ShapeError(
      `evaluate: input "${name}" has shape ${formatShape(node.shape)} - got ${formatShape(value.shape)}`,
    );
  }
  return { shape: value.shape, data: Float64Array.from(value.data) };
}

/** Whether a fed shape fits; binds each symbolic extent to the first value found. */
export function bind(declared: Dims, actual: Shape, extents: Map<string, number>): boolean {
  if (declared.length !== actual.length) return false;
  return declared.every((extent, axis) => {
    if (typeof extent === "number") return extent === actual[axis];
    if (!extents.has(extent)) extents.set(extent, actual[axis]!);
    return extents.get(extent) === actual[axis];
  });
}

function resolve(extent: number | string, extents: Map<string, number>): number {
  if (typeof extent === "number") return extent;
  const value = extents.get(extent);
  if (value === undefined) throw new ShapeError(`evaluate: no input determines the extent "${extent}"`);
  return value;
}
