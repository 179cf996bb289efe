import { significant } from "../base/digits.ts";
import { concatBytes } from "../base/bytes.ts";
import { ShapeError } from "../base/errors.ts";
import { type NdArray, formatShape } from "../base/ndarray.ts";

/** Significant digits that identify every float32. For float64, JavaScript's own formatting is already the shortest. */
const digits = 9;
const rowsAtOnce = 65_536;

/** Encodes points `[n, d]` as CSV without a header, one row per point. @throws ShapeError for another rank. */
export function encodeCsv(points: NdArray<"float32" | "float64">): Uint8Array<ArrayBuffer> {
  if (points.shape.length !== 2) {
    throw new ShapeError(`encodeCsv: a table must be [n, d] - got ${formatShape(points.shape)}`);
  }
  const [n, d] = points.shape as [number, number];
  const written = (value: number): number => (points.dtype === "float64" ? value : significant(value, digits));
  const line = (row: number): string => Array.from(points.data.subarray(row * d, (row + 1) * d), written).join(",");
  // In blocks: strings have a maximum length, and take more memory than bytes.
  const blocks: Uint8Array[] = [];
  for (let start = 0; start < n; start += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, n - start);
    blocks.push(new TextEncoder().encode(Array.from({ length: count }, (_, i) => `${line(start + i)}\n`).join("")));
  }
  return concatBytes(blocks);
}
