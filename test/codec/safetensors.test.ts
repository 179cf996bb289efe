import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { type NdArray, fromNumbers, ndarray, zeros } from "../../src/base/ndarray.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/codec/safetensors.ts";
import { anyArray, damaged, mustBeDataError } from "./arrays.ts";

/** A file with this header, and a body of so many bytes. */
function file(header: unknown, body = 0): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(body)]);
}

const f32 = (shape: unknown, data_offsets: unknown): unknown => ({
  dtype: "F32",
  shape,
  data_offsets,
});

const anyFile = fc.record({
  tensors: fc.dictionary(
    fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__"),
    anyArray,
    { maxKeys: 5 },
  ),
  metadata: fc.dictionary(fc.string(), fc.string({ unit: "grapheme" }), { maxKeys: 3 }),
});

describe("encodeSafetensors", () => {
  it("writes the bytes that the Python library writes, and reads them", () => {
    const golden = readFileSync(join(import.meta.dirname, "..", "fixtures", "all.safetensors"));
    const tensors = {
      step: ndarray("int32", [], Int32Array.of(-7)),
      mean: ndarray("float64", [3], Float64Array.of(0.1, -2.5e300, Math.PI)),
      "encoder.mask": ndarray("bool", [3], Uint8Array.of(1, 0, 1)),
      "encoder.bytes": ndarray("uint8", [2, 1, 2, 2], Uint8Array.of(0, 36, 72, 108, 144, 180, 216, 252)),
      "decoder.weight": ndarray("float32", [2, 3], Float32Array.of(0, 0.5, -1.25, 3e38, 1e-40, 7)),
    };
    expect(Buffer.from(encodeSafetensors(tensors, { format: "zaya" })).equals(golden)).toBe(true);
    expect(decodeSafetensors(golden, "x")).toEqual({ tensors, metadata: { format: "zaya" } });
  });

  it("writes these bytes", () => {
    const tensors = { b: fromNumbers([1, 2]), a: ndarray("uint8", [3], Uint8Array.of(7, 8, 9)) };
    const text =
      '{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}';
    const header = text.padEnd(Math.ceil(text.length / 8) * 8);
    const expected = Buffer.concat([
      Buffer.from([header.length, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from(header),
      Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 7, 8, 9]),
    ]);
    expect(Buffer.from(encodeSafetensors(tensors, { k: "v" })).equals(expected)).toBe(true);
  });

  it("gives equal bytes for equal content in another order", () => {
    const a = fromNumbers([1]);
    const b = fromNumbers([2]);
    const one = encodeSafetensors({ "net.b": b, "net.a": a }, { y: "1", x: "2" });
    const other = encodeSafetensors({ "net.a": a, "net.b": b }, { x: "2", y: "1" });
    expect(Buffer.from(one).equals(other)).toBe(true);
  });

  it("refuses a tensor with the name of the metadata", () => {
    expect(() => encodeSafetensors({ __metadata__: zeros([1]) })).toThrow(DataError);
  });
});

describe("decodeSafetensors", () => {
  it("round-trips every file, with each tensor aligned to its element size", () => {
    fc.assert(
      fc.property(anyFile, ({ tensors, metadata }) => {
        const bytes = encodeSafetensors(tensors, metadata);
        const read = decodeSafetensors(bytes, "x");
        expect(Object.keys(read.tensors).toSorted()).toEqual(Object.keys(tensors).toSorted());
        for (const [name, array] of Object.entries(tensors)) expect(read.tensors[name]).toEqual(array);
        expect({ ...read.metadata }).toEqual({ ...metadata });
        const headerLength = Number(Buffer.from(bytes).readBigUInt64LE());
        expect(headerLength % 8).toBe(0);
        const header = JSON.parse(Buffer.from(bytes).toString("utf8", 8, 8 + headerLength)) as Record<
          string,
          { data_offsets: [number] }
        >;
        for (const [name, array] of Object.entries(tensors)) {
          expect(header[name]!.data_offsets[0] % array.data.BYTES_PER_ELEMENT).toBe(0);
        }
      }),
    );
  });

  it("keeps names that are special in JavaScript", () => {
    const tensors = Object.fromEntries([
      ["__proto__", zeros([1])],
      ["constructor", zeros([2])],
      ["0", zeros([3])],
    ]) as Record<string, NdArray>;
    const read = decodeSafetensors(encodeSafetensors(tensors), "x").tensors;
    expect(Object.keys(read).toSorted()).toEqual(["0", "__proto__", "constructor"]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  it("reads headers with other padding, order and spacing", () => {
    const header = `{ "z": {"shape": [1], "dtype": "F32", "data_offsets": [4, 8]}, "a": {"data_offsets":[0,4],"dtype":"F32","shape":[]}}   `;
    const { tensors, metadata } = decodeSafetensors(file(header, 8), "x");
    expect(tensors["z"]!.shape).toEqual([1]);
    expect(tensors["a"]!.shape).toEqual([]);
    expect(metadata).toEqual({});
  });

  it.each([
    [new Uint8Array(5), "must start with the header's length, 8 bytes - got a file of 5"],
    [Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b), "the header must have at most 1 bytes - got 9"],
    [new Uint8Array(16).fill(255), "the header must have at most 8 bytes"],
    [file("[]"), "is not a JSON object"],
    [file(" {}"), "is not a JSON object"],
    [file("{"), "is not a JSON object"],
    [file('{"a":'.repeat(50_000)), "is not a JSON object"],
    [file("null"), "is not a JSON object"],
    [file({ __metadata__: { a: 1 } }), "__metadata__ must be a record of text"],
    [file({ a: 1 }), 'tensor "a": its entry must be an object - got 1'],
    [
      file({ a: { dtype: "F16", shape: [1], data_offsets: [0, 2] } }, 2),
      'dtype must be one of F32, F64, I32, U8, BOOL - got "F16"',
    ],
    [file({ a: f32([-1], [0, 4]) }, 4), "shape must be a list of whole numbers - got [-1]"],
    [file({ a: f32([1.5], [0, 6]) }, 6), "shape must be a list"],
    [file({ a: f32([1], [0]) }, 4), "data_offsets must be two whole numbers - got [0]"],
    [file({ a: f32([2], [0, 4]) }, 4), "F32 [2] must take 8 bytes - got 4"],
    [file({ a: f32([1], [4, 0]) }, 4), "must take 4 bytes - got -4"],
    [file({ a: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4), "must take more than 2^53 bytes"],
    [file({ a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 4), "must begin at byte 4 of the body"],
    [
      file({ a: f32([2], [0, 8]), b: f32([1], [4, 8]) }, 8),
      'tensor "b" must begin at byte 8 of the body, where the previous one ends - got 4',
    ],
    [file({ a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12), "must begin at byte 4"],
    [file({ a: f32([1], [0, 4]) }, 3), "the tensors must fill the body, 4 bytes - got 3"],
    [file({ a: f32([1], [0, 4]) }, 5), "the tensors must fill the body, 4 bytes - got 5"],
    [file({}, 1), "the tensors must fill the body, 0 bytes - got 1"],
  ])("refuses a wrong file %#", (bytes, message) => {
    const decode = (): unknown => decodeSafetensors(bytes, "my.safetensors");
    expect(decode).toThrow(DataError);
    expect(decode).toThrow(message);
    expect(decode).toThrow("decodeSafetensors: my.safetensors:");
  });

  it("throws a DataError for damaged bytes", () => {
    const whole = encodeSafetensors({ a: zeros([2, 2]), b: ndarray("bool", [3], Uint8Array.of(1, 0, 1)) }, { k: "v" });
    const bytes = fc.oneof(damaged(whole), damaged(file({ a: f32([1], [0, 4]) }, 4)), fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(bytes, (some) => mustBeDataError(() => decodeSafetensors(some, "some file"))),
      { numRuns: 3000 },
    );
  });
});
