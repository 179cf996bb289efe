import { type NdArray, toFloat64 } from "../base/ndarray.ts";

/** Mean [d] and unbiased covariance [d, d] of vectors [n, d], in float64. */
export interface Moments {
  readonly n: number;
  readonly d: number;
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

export function momentsOf(x: NdArray): Moments {
  const [n, d] = x.shape as [number, number];
  const mean = new Float64Array(d);
  const rows = toFloat64(x);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j]! += rows[i * d + j]! / n;
  // Transposed, so that each covariance is a sum over contiguous memory.
  const columns = new Float64Array(d * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) columns[j * n + i] = rows[i * d + j]! - mean[j]!;
  const covariance = productWithTransposed(columns, columns, d, d, n);
  return { n, d, mean, covariance: covariance.map((sum) => sum / (n - 1)) };
}

/** a b^T for a [rows, inner] and b [columns, inner]: [rows, columns]. If a is b, half of it is computed and mirrored. */
export function productWithTransposed(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  columns: number,
  inner: number,
): Float64Array {
  const out = new Float64Array(rows * columns);
  // Two rows by two columns at a time: four independent sums.
  for (let i = 0; i < rows; i += 2) {
    const upper = i * inner;
    const lower = Math.min(i + 1, rows - 1) * inner;
    for (let j = 0; j < (a === b ? i + 1 : columns); j += 2) {
      const left = j * inner;
      const right = Math.min(j + 1, columns - 1) * inner;
      let ul = 0;
      let ur = 0;
      let ll = 0;
      let lr = 0;
      for (let k = 0; k < inner; k++) {
        const u = a[upper + k]!;
        const l = a[lower + k]!;
        const p = b[left + k]!;
        const q = b[right + k]!;
        ul += u * p;
        ur += u * q;
        ll += l * p;
        lr += l * q;
      }
      out[i * columns + j] = ul;
      if (j + 1 < columns) out[i * columns + j + 1] = ur;
      if (i + 1 < rows) out[(i + 1) * columns + j] = ll;
      if (i + 1 < rows && j + 1 < columns) out[(i + 1) * columns + j + 1] = lr;
    }
  }
  if (a === b) for (let i = 0; i < rows; i++) for (let j = i + 1; j < rows; j++) out[i * rows + j] = out[j * rows + i]!;
  return out;
}
