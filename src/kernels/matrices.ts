import { type View, isContiguous, swapLastAxes } from "../graph/view.ts";

/** Whether rows or columns of a stack of matrices lie in one piece, which may stand for all of the stack. */
export function isMatrix(view: View): boolean {
  const repeated = view.strides.slice(0, -2).every((stride, i) => stride === 0 || view.shape[i] === 1);
  const sides = repeated ? [lastTwo(view)] : [view];
  return sides.some((side) => isContiguous(side) || isContiguous(swapLastAxes(side)));
}

/** The one matrix of which a stack consists. */
export function lastTwo(view: View): View {
  return { ...view, shape: view.shape.slice(-2), strides: view.strides.slice(-2) };
}
