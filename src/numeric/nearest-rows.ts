import type { NdArray } from "../base/ndarray.ts";

/** The nearest row of `others` [m, d] for each row of `items` [n, d], and its Euclidean distance. */
export function nearestRows(
  items: NdArray,
  others: NdArray,
): { readonly row: Int32Array; readonly distance: Float64Array } {
  const [n, d] = items.shape as [number, number];
  const m = others.shape[0]!;
  const row = new Int32Array(n);
  const distance = new Float64Array(n).fill(Infinity);
  for (let i = 0; i < n; i++) {
    for (let r = 0; r < m; r++) {
      let squares = 0;
      for (let j = 0; j < d && squares < distance[i]!; j++) {
        squares += (items.data[i * d + j]! - others.data[r * d + j]!) ** 2;
      }
      if (squares < distance[i]!) [row[i], distance[i]] = [r, squares];
    }
    distance[i] = Math.sqrt(distance[i]!);
  }
  return { row, distance };
}
