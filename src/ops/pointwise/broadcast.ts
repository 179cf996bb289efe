import { ShapeError } from "../../base/errors.ts";
import { type Shape, formatShape, scalar, sizeOf, stridesOf } from "../../base/ndarray.ts";
import { type Dim, type Dims, type Numbers, type Tensor, constant } from "../../graph/tensor.ts";
import { reshape } from "../movement/reshape.ts";
import { sum } from "../reduce/sum.ts";

/** Operand of arithmetic: a tensor, or a number that stands for a scalar constant. */
export type Operand = Tensor | number;

export function lift(operand: Operand): Tensor {
  return typeof operand === "number" ? constant(scalar(operand)) : operand;
}

/**
 * The broadcast shape of two operands: aligned at the last axis, extents equal or 1. @throws ShapeError when they do
 * not fit.
 */
export function broadcastShapes(a: Dims, b: Dims, where: string): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new ShapeError(`${where}: shapes must broadcast - got ${formatShape(a)} and ${formatShape(b)}`);
  });
}

/** The adjoint of broadcasting: sums `g` over the axes along which an operand of shape `shape` was repeated. */
export function sumTo(g: Tensor, shape: Dims): Tensor {
  const lead = g.shape.length - shape.length;
  const axes = g.shape.flatMap((extent, i) => (i < lead || (shape[i - lead] === 1 && extent !== 1) ? [i] : []));
  return axes.length === 0 ? g : reshape(sum(g, { axes }), shape);
}

/** Calls `body` for each element of `shape` with the flat positions of two broadcast operands. */
export function forEachPair(
  shape: Shape,
  a: Numbers,
  b: Numbers,
  body: (to: number, a: number, b: number) => void,
): void {
  const size = sizeOf(shape);
  if (a.data.length === size && b.data.length === size) {
    for (let i = 0; i < size; i++) body(i, i, i);
    return;
  }
  const steps = [a, b].map((operand) => repeatedStrides(operand.shape, shape));
  const index = new Array<number>(shape.length).fill(0);
  const at = [0, 0];
  for (let to = 0; to < size; to++) {
    body(to, at[0]!, at[1]!);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      at[0]! += steps[0]![axis]!;
      at[1]! += steps[1]![axis]!;
      if (index[axis]! < shape[axis]!) break;
      at[0]! -= steps[0]![axis]! * shape[axis]!;
      at[1]! -= steps[1]![axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** Strides of `from` seen under the larger shape `to`: zero along repeated axes. */
export function repeatedStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : strides[i - lead]!));
}
