import { ShapeError } from "../base/errors.ts";
import { type NdArray, formatShape } from "../base/ndarray.ts";

/** Digits that tell every float32 from its neighbours. */
const digits = 9;

/** Points `[n, d]` as a table: a row a point, commas between its numbers, no header. @throws ShapeError for another rank. */
export function encodeCsv(points: NdArray<"float32">): Uint8Array<ArrayBuffer> {
  if (points.shape.length !== 2) {
    throw new ShapeError(`encodeCsv: a table must be [n, d] - got ${formatShape(points.shape)}`);
  }
  const [n, d] = points.shape as [number, number];
  const lines = Array.from({ length: n }, (_, row) =>
    Array.from(points.data.subarray(row * d, (row + 1) * d), (value) => Number(value.toPrecision(digits))).join(","),
  );
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
}
