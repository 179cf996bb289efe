import { ShapeError } from "../../base/errors.ts";
import { type Shape, formatShape, sizeOf } from "../../base/ndarray.ts";
import type { Dims, Numbers, Tensor } from "../../graph/tensor.ts";

export interface ReduceOptions {
  /** Axes to reduce; negative ones count from the end. All axes by default. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with extent 1. */
  readonly keepDims?: boolean;
}

export interface ReduceAttrs extends Record<string, unknown> {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** Options with every axis counted from the front, ascending. @throws ShapeError for an axis that x does not have. */
export function reduceAttrs(x: Tensor, options: ReduceOptions, where: string): ReduceAttrs {
  const axes = options.axes ?? x.shape.map((_, axis) => axis);
  const resolved = axes.map((axis) => resolveAxis(x, axis, where));
  return {
    axes: [...new Set(resolved)].sort((a, b) => a - b),
    keepDims: options.keepDims ?? false,
  };
}

/** An axis counted from the front. @throws ShapeError for an axis that x does not have. */
export function resolveAxis(x: Tensor, axis: number, where: string): number {
  const resolved = axis < 0 ? axis + x.shape.length : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= x.shape.length) {
    throw new ShapeError(`${where}: ${formatShape(x.shape)} has ${x.shape.length} axes - got axis ${axis}`);
  }
  return resolved;
}

export function reducedShape(shape: Dims, { axes, keepDims }: ReduceAttrs): Dims {
  return keepDims
    ? shape.map((extent, i) => (axes.includes(i) ? 1 : extent))
    : shape.filter((_, i) => !axes.includes(i));
}

/** The shape of a result with its reduced axes kept as 1, ready to broadcast against the input. */
export function keptShape(shape: Dims, axes: readonly number[]): Dims {
  return reducedShape(shape, { axes, keepDims: true });
}

/** Folds the numbers along `axes`. */
export function foldAxes(
  x: Numbers,
  axes: readonly number[],
  initial: number,
  combine: (total: number, value: number, at: number) => number,
): Float64Array {
  const out = new Float64Array(sizeOf(x.shape.filter((_, i) => !axes.includes(i)))).fill(initial);
  const target = targetStrides(x.shape, axes);
  for (let i = 0; i < x.data.length; i++) {
    let rest = i;
    let to = 0;
    for (let axis = x.shape.length - 1; axis >= 0; axis--) {
      to += (rest % x.shape[axis]!) * target[axis]!;
      rest = Math.floor(rest / x.shape[axis]!);
    }
    out[to] = combine(out[to]!, x.data[i]!, i);
  }
  return out;
}

function targetStrides(shape: Shape, axes: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(0);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (axes.includes(axis)) continue;
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}
