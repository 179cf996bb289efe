import fc from "fast-check";

import { DataError } from "../../src/base/errors.ts";
import { type DType, type NdArray, allocate, ndarray, sizeOf } from "../../src/base/ndarray.ts";

const element: Record<DType, fc.Arbitrary<number>> = {
  float32: fc.float(),
  float64: fc.double(),
  int32: fc.integer(),
  uint8: fc.integer({ min: 0, max: 255 }),
  bool: fc.integer({ min: 0, max: 1 }),
};

/** Arrays of every type, rank 0 to 4, empty ones among them. */
export const anyArray: fc.Arbitrary<NdArray> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(element) as DType[])),
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  )
  .chain(([dtype, shape]) => {
    const size = sizeOf(shape);
    return fc.array(element[dtype], { minLength: size, maxLength: size }).map((values) => {
      const data = allocate(dtype, size);
      data.set(values);
      return ndarray(dtype, shape, data);
    });
  });

/** Bytes with a few of them changed, cut off or added. */
export function damaged(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.integer({ min: 0, max: Math.max(0, bytes.length - 1) });
  const changes = fc.array(fc.tuple(position, fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
  const length = fc.oneof(fc.constant(bytes.length), fc.integer({ min: 0, max: bytes.length + 9 }));
  return fc.tuple(changes, length).map(([edits, size]) => {
    const out = new Uint8Array(size);
    out.set(bytes.subarray(0, size));
    for (const [at, value] of edits) if (at < size) out[at] = value;
    return out;
  });
}

/** The error of a decoder must be a DataError that names the source; no error is fine. */
export function mustBeDataError(body: () => unknown): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof DataError) || !error.message.includes("some file")) throw error;
  }
}
