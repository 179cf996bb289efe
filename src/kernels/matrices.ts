import { type View, isContiguous, swapLastAxes } from "../graph/view.ts";

/** Whether a view is a single matrix, possibly broadcast to a stack, whose rows or columns are contiguous. */
export function isMatrix(view: View): boolean {
  const repeated = view.strides.slice(0, -2).every((stride, i) => stride === 0 || view.shape[i] === 1);
  const sides = repeated ? [lastTwo(view)] : [view];
  return sides.some((side) => isContiguous(side) || isContiguous(swapLastAxes(side)));
}

/** The single matrix of which a stack consists. */
export function lastTwo(view: View): View {
  return { ...view, shape: view.shape.slice(-2), strides: view.strides.slice(-2) };
}
