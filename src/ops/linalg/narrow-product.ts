import type { Tensor } from "../../graph/tensor.ts";
import { concat } from "../movement/concat.ts";
import { slice } from "../movement/slice.ts";
import { transpose } from "../movement/transpose.ts";
import { add } from "../pointwise/add.ts";
import { mul } from "../pointwise/mul.ts";
import { sum } from "../reduce/sum.ts";

/** Inner extent up to which a product is computed as a sum of outer products, each of them a pointwise op. */
const shallow = 4;
/** Numbers of rows or columns up to which it is computed as sums of elementwise products. */
const thin = 2;

/**
 * A matrix product with an extent so small that pointwise ops and sums, which are fused with their neighbours, take less time
 * than packing its operands; null if no extent is.
 */
export function narrowProduct(a: Tensor, b: Tensor): Tensor | null {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1) as number;
  const parts = (x: Tensor, axis: number, count: number) =>
    Array.from({ length: count }, (_, i) => slice(x, x.shape.length + axis, i, i + 1));
  if (k <= shallow) {
    const [columns, rows] = [parts(a, -1, k), parts(b, -2, k)];
    return columns.map((column, i) => mul(column, rows[i]!)).reduce((total, term) => add(total, term));
  }
  if (n <= thin) {
    const sums = parts(b, -1, n).map((column) => sum(mul(a, swapped(column)), { axes: [-1], keepDims: true }));
    return sums.length === 1 ? sums[0]! : concat(sums, sums[0]!.shape.length - 1);
  }
  if (m <= thin) {
    const sums = parts(a, -2, m).map((row) => sum(mul(swapped(row), b), { axes: [-2], keepDims: true }));
    return sums.length === 1 ? sums[0]! : concat(sums, sums[0]!.shape.length - 2);
  }
  return null;
}

/** Transposes every matrix of a stack. */
export function swapped(x: Tensor): Tensor {
  const order = x.shape.map((_, i) => i);
  order.splice(-2, 2, order.length - 1, order.length - 2);
  return transpose(x, order);
}
