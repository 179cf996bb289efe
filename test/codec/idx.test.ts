import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { decodeIdx } from "../../src/codec/idx.ts";
import { damaged, mustBeDataError } from "./arrays.ts";

/** An IDX file of uint8 with a counting body. */
function idx(shape: readonly number[], body: number = shape.reduce((a, b) => a * b, 1)): Uint8Array {
  const bytes = Buffer.alloc(4 + 4 * shape.length + body);
  bytes.set([0, 0, 8, shape.length]);
  for (const [axis, extent] of shape.entries()) bytes.writeUInt32BE(extent, 4 + 4 * axis);
  for (let i = 0; i < body; i++) bytes[4 + 4 * shape.length + i] = i;
  return bytes;
}

describe("decodeIdx", () => {
  it("decodes arrays as the header declares", () => {
    const array = decodeIdx(idx([2, 3, 2]), "x");
    expect(array.dtype).toBe("uint8");
    expect(array.shape).toEqual([2, 3, 2]);
    expect([...array.data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(decodeIdx(idx([0, 28]), "x").shape).toEqual([0, 28]);
  });

  it.each<[code: number, dtype: string, bytes: number[], values: number[]]>([
    [0x09, "int32", [255, 127], [-1, 127]],
    [0x0b, "int32", [255, 254, 1, 0], [-2, 256]],
    [0x0c, "int32", [7, 91, 205, 21, 255, 255, 255, 255], [123456789, -1]],
    [0x0d, "float32", [0x3f, 0, 0, 0, 0xc0, 0, 0, 0], [0.5, -2]],
    [0x0e, "float64", [0x3f, 0xe0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], [0.5, -2]],
  ])("reads the type %i, the most significant byte first", (code, dtype, bytes, values) => {
    const array = decodeIdx(Uint8Array.of(0, 0, code, 1, 0, 0, 0, 2, ...bytes), "x");
    expect(array).toMatchObject({ dtype, shape: [2] });
    expect([...array.data]).toEqual(values);
  });

  it.each([
    [Uint8Array.of(), "must begin with 00 00, a type code and the number of axes - got no bytes"],
    [Uint8Array.of(0, 0, 8), "got 00 00 08"],
    [Uint8Array.of(0, 0, 8, 0, 1), "got 00 00 08 00"],
    [Uint8Array.of(0, 0, 7, 1, 0, 0, 0, 0), "got 00 00 07 01"],
    [Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0, 1, 2, 3, 4), "[0] float32 must take 8 bytes - got 12"],
    [Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1), "the header of 2 axes must take 12 bytes - got 8"],
    [idx([4, 2], 7), "[4, 2] uint8 must take 20 bytes - got 19"],
    [idx([4, 2], 9), "[4, 2] uint8 must take 20 bytes - got 21"],
    [idx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], 3), "must take more than 2^53 bytes - got 19"],
  ])("rejects invalid bytes %#", (bytes, message) => {
    const decode = (): unknown => decodeIdx(bytes, "t10k");
    expect(decode).toThrow(DataError);
    expect(decode).toThrow("t10k: ");
    expect(decode).toThrow(message);
  });

  it("suggests decompressing a compressed file", () => {
    try {
      decodeIdx(Uint8Array.of(0x1f, 0x8b, 8, 0), "x.gz");
      expect.unreachable();
    } catch (error) {
      expect((error as DataError).hint).toContain("gunzip");
    }
  });

  it("throws a DataError for damaged bytes", () => {
    const bytes = fc.oneof(damaged(idx([3, 2, 2])), damaged(idx([5])), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(bytes, (some) => mustBeDataError(() => decodeIdx(some, "some file"))),
      { numRuns: 2000 },
    );
  });
});
