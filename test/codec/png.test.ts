import { crc32 } from "node:zlib";

import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { DataError, ShapeError } from "../../src/base/errors.ts";
import { type NdArray, ndarray, zeros } from "../../src/base/ndarray.ts";
import { encodePng } from "../../src/codec/png.ts";

const anyImage: fc.Arbitrary<NdArray<"uint8">> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 3))
  .chain(([h, w, c]) =>
    fc.uint8Array({ minLength: h * w * c, maxLength: h * w * c }).map((data) => ndarray("uint8", [h, w, c], data)),
  );

/** Type and content of each chunk, its checksum proved. */
function chunksOf(png: Uint8Array): { type: string; content: Buffer }[] {
  const bytes = Buffer.from(png);
  const chunks = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(bytes.subarray(at + 4, at + 8 + length)));
    chunks.push({
      type: bytes.toString("latin1", at + 4, at + 8),
      content: bytes.subarray(at + 8, at + 8 + length),
    });
    at += 12 + length;
  }
  return chunks;
}

describe("encodePng", () => {
  it("is read back by sharp without loss", async () => {
    await fc.assert(
      fc.asyncProperty(anyImage, async (image) => {
        const [height, width, channels] = image.shape as [number, number, number];
        const decoder = sharp(await encodePng(image), { failOn: "warning" });
        expect(await decoder.metadata()).toMatchObject({
          format: "png",
          depth: "uchar",
          height,
          width,
          channels,
        });
        const raw = await decoder
          .toColourspace(channels === 1 ? "b-w" : "srgb")
          .raw()
          .toBuffer();
        expect([...raw]).toEqual([...image.data]);
      }),
      { numRuns: 50 },
    );
  });

  it("compresses, and gives equal bytes for equal images", async () => {
    const image = zeros([300, 200, 3], "uint8");
    const png = await encodePng(image);
    expect(png.length).toBeLessThan(2000);
    expect(Buffer.from(await encodePng(image)).equals(png)).toBe(true);
  });

  it("encodes Latin-1 and other text", async () => {
    const image = zeros([1, 1, 1], "uint8");
    const png = await encodePng(image, { Software: "zaya é", "zaya config": '{"name":"تجربه"}' });
    const chunks = chunksOf(png);
    expect(chunks.map(({ type }) => type)).toEqual(["IHDR", "tEXt", "iTXt", "IDAT", "IEND"]);
    expect(chunks[1]!.content.toString("latin1")).toBe("Software\0zaya é");
    expect(chunks[2]!.content.toString("utf8")).toBe('zaya config\0\0\0\0\0{"name":"تجربه"}');
    const { comments } = await sharp(png).metadata();
    expect(comments).toContainEqual({ keyword: "zaya config", text: '{"name":"تجربه"}' });
  });

  it.each(["", " a", "a ", "a  b", "a\n", "تجربه", "k".repeat(80)])("refuses the keyword %j", async (keyword) => {
    await expect(encodePng(zeros([1, 1, 1], "uint8"), { [keyword]: "x" })).rejects.toThrow(DataError);
  });

  it("refuses text with a zero byte", async () => {
    await expect(encodePng(zeros([1, 1, 1], "uint8"), { a: "b\0c" })).rejects.toThrow("not contain a zero byte");
  });

  it.each([[[2, 2]], [[2, 2, 2]], [[2, 2, 4]], [[0, 2, 1]], [[1, 2, 2, 3]]])("refuses the shape %j", async (shape) => {
    await expect(encodePng(zeros(shape, "uint8"))).rejects.toThrow(ShapeError);
  });
});
