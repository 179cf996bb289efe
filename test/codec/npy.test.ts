import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { decodeNpy, encodeNpy } from "../../src/codec/npy.ts";
import { anyArray, damaged, mustBeDataError } from "./arrays.ts";

const fixture = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, "..", "fixtures", "npy", `${name}.npy`));

/** What test/fixtures/make.py put into the files. */
const written: Record<string, NdArray> = {
  f4: ndarray("float32", [2, 3], Float32Array.of(0, 0.5, -1.25, 3e38, 1e-40, 7)),
  f8: ndarray("float64", [3], Float64Array.of(0.1, -2.5e300, Math.PI)),
  i4: ndarray("int32", [], Int32Array.of(-7)),
  u1: ndarray("uint8", [2, 1, 2, 2], Uint8Array.of(0, 36, 72, 108, 144, 180, 216, 252)),
  b1: ndarray("bool", [3], Uint8Array.of(1, 0, 1)),
  empty: ndarray("float32", [0, 5], new Float32Array(0)),
};

describe("decodeNpy and encodeNpy", () => {
  it.each(Object.entries(written))("read and write %s as NumPy does", (name, array) => {
    expect(decodeNpy(fixture(name), name)).toEqual(array);
    expect(Buffer.from(encodeNpy(array)).equals(fixture(name))).toBe(true);
  });

  it("reads int64 as int32, as float64 if that overflows, and rejects what float64 cannot represent", () => {
    const array = ndarray("int32", [2, 2], Int32Array.of(1, -1, 2 ** 31 - 1, -(2 ** 31)));
    expect(decodeNpy(fixture("i8"), "i8")).toEqual(array);
    expect(decodeNpy(fixture("i8-large"), "i8")).toEqual(ndarray("float64", [2], Float64Array.of(5, 2 ** 31)));
    expect(() => decodeNpy(fixture("i8-huge"), "i8")).toThrow(
      "must be at most 2^53 - got -9007199254740993 at element 1",
    );
  });

  it.each(["i1", "i2", "u2", "u4", "u8", "f2", "i8", "f8", "i4"])("reads %s of either byte order", (kind) => {
    const [little, big] = ["little", "big"].map((order) => decodeNpy(fixture(`${order}-${kind}`), kind));
    expect([...little!.data]).toEqual([1, 2, 3, 100, 0, 127]);
    expect(big).toEqual(little);
    expect(little!.shape).toEqual([2, 3]);
  });

  it("reads half precision, and arrays in Fortran order", () => {
    expect([...decodeNpy(fixture("f2"), "f2").data]).toEqual([0, 1, -2.5, 65504, 2 ** -24, Infinity]);
    expect([...decodeNpy(fixture("fortran"), "x").data]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ["order-u1", "uint8"],
    ["order-b1", "bool"],
    ["order-native", "float32"],
    ["order-none", "float64"],
    ["order-name", "float32"],
  ])("reads files that NumPy reads from other writers: %s", (name, dtype) => {
    const array = decodeNpy(fixture(name), name);
    expect(array).toMatchObject({ dtype, shape: [3] });
    expect([...array.data]).toEqual([1, 0, 1]);
  });

  it.each(["version2", "version3"])("reads %s", (name) => {
    expect(decodeNpy(fixture(name), name)).toEqual(written["f4"]);
  });

  it.each([
    ["object", "got Python objects (|O)", "rows of different lengths"],
    ["structured", "got a structured type", "save one field"],
    ["complex", "must be real numbers of up to 64 bits - got complex numbers (<c16)", "[a.real, a.imag]"],
    ["text", "got text (<U1)", "return_inverse=True"],
    ["dates", "got dates (<M8[D])", "(a - a.min()) / numpy.timedelta64"],
    ["long-double", "got long doubles (<f16)", 'a.astype("float64")'],
  ])("rejects %s, with a hint", (name, message, hint) => {
    const decode = (): NdArray => decodeNpy(fixture(name), "my.npy");
    expect(decode).toThrow(DataError);
    expect(decode).toThrow(message);
    expect(decode).toThrow("my.npy: ");
    expect(decode).toThrow(expect.objectContaining({ hint: expect.stringContaining(hint) }));
  });

  it("reports expected and actual bytes of a body that is too short or too long", () => {
    const bytes = fixture("f4");
    expect(() => decodeNpy(bytes.subarray(0, -1), "x")).toThrow("<f4 [2, 3] must have a body of 24 bytes - got 23");
    expect(() => decodeNpy(Buffer.concat([bytes, Buffer.alloc(2)]), "x")).toThrow("24 bytes - got 26");
    expect(() => decodeNpy(bytes.subarray(0, 90), "x")).toThrow(
      "the header must end at byte 128 - got a file of 90 bytes",
    );
    expect(() => decodeNpy(new Uint8Array(0), "x")).toThrow("must begin with 93 4e 55 4d 50 59 - got no bytes");
    expect(() => decodeNpy(bytes.subarray(0, 6), "x")).toThrow("version must be 1, 2 or 3 - got the end of the file");
  });

  it("refuses shapes whose size overflows, without allocating memory", () => {
    const text = Buffer.from(fixture("f4")).toString("latin1");
    for (const shape of ["(99999999,999999999)", `(${"9".repeat(40)},)`, "(1e5,)", "(-1,)", "(2,3,4"]) {
      const bytes = Buffer.from(text.replace(/\(2, 3\), \} {20}/, `${shape}, }`.padEnd(29)), "latin1");
      expect(() => decodeNpy(bytes, "x"), shape).toThrow(DataError);
    }
  });

  it("refuses a type with a line break in it", () => {
    const text = Buffer.from(fixture("f4")).toString("latin1").replace("'<f4'", "'\n4 '");
    expect(() => decodeNpy(Buffer.from(text, "latin1"), "x")).toThrow(DataError);
  });

  it("refuses a bool that is neither 0 nor 1", () => {
    const bytes = Buffer.from(fixture("b1"));
    bytes[bytes.length - 1] = 2;
    expect(() => decodeNpy(bytes, "x")).toThrow("a bool must be 0 or 1 - got 2");
  });

  it("round-trips every array, at any memory offset", () => {
    fc.assert(
      fc.property(anyArray, fc.integer({ min: 0, max: 8 }), (array, offset) => {
        const bytes = encodeNpy(array);
        const shifted = new Uint8Array(bytes.length + offset);
        shifted.set(bytes, offset);
        expect(decodeNpy(shifted.subarray(offset), "x")).toEqual(array);
        expect((bytes.length - array.data.byteLength) % 64).toBe(0);
      }),
    );
  });

  it("throws a DataError for damaged bytes", () => {
    const sources = [...Object.keys(written), "i8", "version2"].map(fixture);
    const bytes = fc.oneof(...sources.map(damaged), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(bytes, (some) => mustBeDataError(() => decodeNpy(some, "some file"))),
      { numRuns: 2000 },
    );
  });
});
