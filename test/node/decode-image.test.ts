import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { crc32 } from "node:zlib";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readImage } from "../../src/node/index.ts";
import { type ImageHeader, openImage } from "../../src/node/decode-image.ts";
import { readImages } from "../../src/node/images.ts";

const fixtures = join(import.meta.dirname, "..", "fixtures", "images");

/** What the fixtures hold: test/fixtures/images/make.py. */
const grey = [0, 51, 102, 153, 204, 255];
const rgb = grey.flatMap((value, i) => [value, grey[(i + 3) % 6]!, 255 - value]);
const alpha = [0, 64, 128, 192, 255, 255];
const onWhite = (value: number, at: number) => Math.round(255 + ((value - 255) * alpha[at]!) / 255);

async function headerOf(file: string): Promise<ImageHeader> {
  const header = await openImage(await readFile(join(fixtures, file)), file);
  if (typeof header === "string") throw new Error(`${file}: ${header}`);
  return header;
}

async function pixelsOf(file: string): Promise<number[]> {
  const picture = await (await headerOf(file)).decode({});
  if (typeof picture === "string") throw new Error(`${file}: ${picture}`);
  return [...picture.pixels];
}

async function reasonFor(bytes: Uint8Array, file: string): Promise<string> {
  const header = await openImage(bytes, file);
  const picture = typeof header === "string" ? header : await header.decode({});
  if (typeof picture !== "string") throw new Error(`${file}: was decoded`);
  return picture;
}

describe("a TIFF file that sharp would decode to black or wrong colours", () => {
  const raw = { width: 24, height: 16, channels: 3 } as const;
  const pixels = Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => 10 + ((i * 37) % 240));
  const plain = () => sharp(pixels, { raw }).tiff({ compression: "none" }).toBuffer();

  /** With another value in a tag of its first directory. */
  function tagged(bytes: Buffer, tag: number, value: number): Buffer {
    const out = Buffer.from(bytes);
    const at = out.readUInt32LE(4);
    for (let i = 0; i < out.readUInt16LE(at); i++) {
      if (out.readUInt16LE(at + 2 + 12 * i) === tag) out.writeUInt16LE(value, at + 10 + 12 * i);
    }
    return out;
  }

  it.each([
    ["JPEG XL", 259, 50002, "TIFF with compression JPEG XL cannot be decoded here"],
    ["LZMA", 259, 34925, "TIFF with compression LZMA cannot be decoded here"],
    ["a compression nobody knows", 259, 61234, "TIFF with compression number 61234 cannot be decoded here"],
    ["YCbCr without JPEG", 262, 6, "TIFF in YCbCr without JPEG compression cannot be decoded here"],
  ])("is rejected: %s", async (_, tag, value, reason) => {
    expect(await reasonFor(tagged(await plain(), tag, value), "a.tif")).toContain(reason);
  });

  it("is rejected if its strips are truncated or damaged", async () => {
    const whole = await plain();
    const directory = whole.readUInt32LE(4);
    const cut = Buffer.from(whole);
    for (let i = 0; i < cut.readUInt16LE(directory); i++) {
      const entry = directory + 2 + 12 * i;
      // One strip, said to begin later than its bytes end.
      if (cut.readUInt16LE(entry) === 273 && cut.readUInt32LE(entry + 4) === 1)
        cut.writeUInt32LE(cut.length - 40, entry + 8);
    }
    expect(await reasonFor(cut, "cut.tif")).toContain("damaged or truncated");
    const packed = await sharp(pixels, { raw }).tiff({ compression: "deflate" }).toBuffer();
    packed.fill(0xaa, 30, 200);
    expect(await reasonFor(packed, "packed.tif")).toContain("damaged or truncated");
  });

  it("is rejected, before all of them are read, if it has fewer strips than its size requires", async () => {
    const bytes = await readFile(join(fixtures, "float16.tif"));
    expect(await openImage(tagged(bytes, 257, 60_000), "tall.tif")).toBe("truncated: strips are missing");
  });

  it("is read with Zstandard, which sharp does not know", async () => {
    const header = await openImage(await readFile(join(fixtures, "zstd.tif")), "zstd.tif");
    if (typeof header === "string") throw new Error(header);
    expect(await header.decode({})).toMatchObject({ width: 3, height: 2, channels: 1, pixels: Uint8Array.from(grey) });
  });

  it("is read from a part of a larger buffer, as Node's pool provides", async () => {
    const bytes = await readFile(join(fixtures, "float16.tif"));
    const pool = Buffer.alloc(bytes.length + 100, 7);
    bytes.copy(pool, 60);
    const header = await openImage(pool.subarray(60, 60 + bytes.length), "float16.tif");
    expect(header).toMatchObject({ type: "float16", width: 3 });
  });
});

describe("a progressive JPEG file", () => {
  const markers = (bytes: Uint8Array, marker: number): number[] =>
    [...bytes.keys()].filter((at) => bytes[at] === 0xff && bytes[at + 1] === marker);

  it.each([1, 3] as const)("is whole only with all of its scans: %d channels", async (channels) => {
    const pixels = Uint8Array.from({ length: 64 * 64 * channels }, (_, i) => (i * 37 + (i >> 7) * 11) % 256);
    const raw = { width: 64, height: 64, channels };
    const bytes = await sharp(pixels, { raw })
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .jpeg({ progressive: true, quality: 90 })
      .toBuffer();
    expect(await openImage(bytes, "whole.jpg")).toMatchObject({ width: 64, channels });
    // Without its last scans it is a valid file of a blurred picture.
    for (const scan of markers(bytes, 0xda).slice(1)) {
      const cut = Buffer.concat([bytes.subarray(0, scan), Buffer.of(0xff, 0xd9)]);
      expect(await openImage(cut, "cut.jpg")).toBe("truncated: scans are missing");
    }
  });
});

describe("pixels of an image", () => {
  it.each([
    ["bit1.png", "bool", [0, 0, 0, 255, 255, 255]],
    ["bit1.tif", "bool", [0, 0, 0, 255, 255, 255]],
    ["grey2.png", "uint8", [0, 85, 170, 255]],
    ["grey2.tif", "uint8", [0, 85, 170, 255]],
    ["grey4.png", "uint8", [0, 119, 136, 255]],
    ["grey4.tif", "uint8", [0, 119, 136, 255]],
    ["palette.png", "uint8", rgb],
    ["grey16.png", "uint16", grey],
    ["grey16.tif", "uint16", grey],
    ["rgb16.tif", "uint16", rgb],
    ["grey-alpha8.png", "uint8", grey.map(onWhite)],
    ["grey-alpha16.png", "uint16", grey.map(onWhite)],
    ["grey-alpha16.tif", "uint16", grey.map(onWhite)],
    ["rgba16.png", "uint16", rgb.map((value, i) => onWhite(value, Math.floor(i / 3)))],
    ["white-is-zero.tif", "uint8", grey.map((value) => 255 - value)],
    ["planes.tif", "uint8", rgb],
    ["pages.tif", "uint8", grey],
    ["float16.tif", "float16", grey],
    ["float16-rgb.tif", "float16", rgb],
    ["float32.tif", "float32", grey],
    ["float32-rgb.tif", "float32", rgb],
    ["float64.tif", "float64", grey],
    ["float64-rgb.tif", "float64", rgb],
    ["float64-rounding.tif", "float64", grey],
    ["float32-alpha.tif", "float32", rgb.map((value, i) => onWhite(value, Math.floor(i / 3)))],
    ["float32-planes.tif", "float32", rgb],
    ["float32-deflate.tif", "float32", grey],
    ["float32-big-endian.tif", "float32", grey],
    ["float32-white-is-zero.tif", "float32", grey.map((value) => 255 - value)],
    ["uint12.tif", "uint12", [0, 85, 170, 255]],
    ["uint32.tif", "uint32", grey],
    ["animation.gif", "uint8", rgb],
    ["animation.webp", "uint8", rgb],
    ["srgb-profile.png", "uint8", rgb],
  ] as const)("in %s are those that were written", async (file, type, expected) => {
    expect((await headerOf(file)).type).toBe(type);
    const pixels = await pixelsOf(file);
    // Transparent colours are laid on white in whole numbers.
    const off = file.includes("a16") || file.includes("alpha") ? 1 : 0;
    expect(pixels).toHaveLength(expected.length);
    pixels.forEach((pixel, i) => expect(Math.abs(pixel - expected[i]!)).toBeLessThanOrEqual(off));
    if (file.includes("alpha")) expect(pixels[0]).toBe(255);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("are rotated upright for floats as for bytes, orientation %i", async (turn) => {
    const [floats, bytes] = [`float32-orientation${turn}.tif`, `grey-orientation${turn}.tif`];
    const [ours, sharps] = [await headerOf(floats), await headerOf(bytes)];
    expect([ours.width, ours.height]).toEqual([sharps.width, sharps.height]);
    expect(await pixelsOf(floats)).toEqual(await pixelsOf(bytes));
  });

  it("are rotated, scaled and cropped for floats as for bytes", async () => {
    for (const file of ["float32-orientation6.tif", "grey-orientation6.tif"]) {
      const picture = await (await headerOf(file)).decode({ size: 2 });
      expect(picture).toMatchObject({ width: 2, height: 2, channels: 1 });
    }
    const of = async (file: string) => await (await headerOf(file)).decode({ size: 2, channels: 3 });
    expect(await of("float32.tif")).toEqual(await of("grey16.tif"));
  });

  it("respect CMYK and colour profiles", async () => {
    const near = (pixel: readonly number[], colour: readonly number[], off: number) =>
      pixel.forEach((value, c) => expect(Math.abs(value - colour[c]!)).toBeLessThan(off));
    near((await pixelsOf("cmyk-white.jpg")).slice(0, 3), [255, 255, 255], 3);
    near((await pixelsOf("cmyk-black.jpg")).slice(0, 3), [35, 31, 32], 40);
    near((await pixelsOf("cmyk-red.jpg")).slice(0, 3), [237, 28, 36], 40);
    near((await pixelsOf("swapped-profile.png")).slice(0, 3), [0, 255, 0], 3);
  });

  it("are approximately those of an AVIF and of a rotated JPEG", async () => {
    const avif = await pixelsOf("photo.avif");
    const turned = await headerOf("orientation6.jpg");
    expect([turned.width, turned.height]).toEqual([32, 48]);
    const jpeg = await pixelsOf("orientation6.jpg");
    for (let c = 0; c < 3; c++) {
      expect(Math.abs(avif[3 * (48 * 8 + 8) + c]! - rgb[c]!)).toBeLessThan(8);
      // A quarter turn clockwise: what was at the lower left is at the upper left.
      expect(Math.abs(jpeg[3 * (32 * 8 + 8) + c]! - rgb[9 + c]!)).toBeLessThan(8);
    }
  });

  it("are those of the first of several images, which are counted", async () => {
    const frames = await Promise.all(
      ["pages.tif", "animation.gif", "animation.webp", "grey16.tif"].map(async (file) => (await headerOf(file)).frames),
    );
    expect(frames).toEqual([3, 2, 2, 1]);
  });
});

describe("an image that cannot be decoded", () => {
  it.each([
    [
      "photo.heic",
      "HEIC cannot be decoded here: convert it to JPEG, for example with magick mogrify -format jpg *.heic",
    ],
    ["photo.bmp", "BMP cannot be decoded here: convert it to PNG, for example with magick mogrify -format png *.bmp"],
    ["photo.ico", "ICO cannot be decoded here"],
    ["photo.jp2", "JPEG 2000 cannot be decoded here"],
    ["photo.jxl", "JPEG XL cannot be decoded here"],
    ["photo.tga", "TGA cannot be decoded here"],
    ["photo.pcx", "PCX cannot be decoded here"],
    ["photo.ppm", "PNM cannot be decoded here"],
    ["photo.pdf", "PDF cannot be decoded here"],
    ["photo.eps", "PostScript cannot be decoded here"],
    ["photo.dds", "DDS cannot be decoded here"],
    ["photo.hdr", "Radiance HDR cannot be decoded here"],
    ["photo.svg", "SVG, a drawing without pixels, cannot be decoded here"],
    ["preview.tif", "a camera raw file cannot be decoded here: convert it"],
    ["five-channels.tif", "5 channels, of which 4 are neither colour nor transparency"],
    ["two-channels.tif", "2 channels, of which 1 is neither colour nor transparency"],
    ["complex64.tif", "numbers of a type that cannot be read"],
    ["float32-0-to-255.tif", "float32 numbers from 0 to 255, which do not define black and white"],
    ["float32-minus-1-to-1.tif", "(a + 1) / 2"],
    ["float32-nan.tif", "NaN among its float32 numbers"],
    ["int8.tif", "int8 numbers from -128 to 127, which do not define black"],
    ["int16.tif", "int16 numbers from 0 to 255, which do not define black"],
    ["int32.tif", 'or save them with a.astype("uint8")'],
  ])("says why: %s", async (file, reason) => {
    expect(await reasonFor(await readFile(join(fixtures, file)), file)).toContain(reason);
  });

  it.each([
    ["8BPS\0\u0001", "a.psd", "PSD cannot be decoded here: export it"],
    ["II*\0\u0010\0\0\0CR\u0002\0", "a.tif", "a camera raw file"],
    ["II*\0\b\0\0\0", "a.NEF", "a camera raw file"],
    ["\0\0\0\u0018ftypcrx \0\0\0\u0001crx isom", "a.cr3", "a camera raw file"],
    ["\0\0\0\u001cftypisom\0\0\u0002\0isomiso2mp41", "a.mp4", "a video cannot be decoded here"],
    ["version https://git-lfs.github.com/spec/v1\noid sha256:4d", "a.jpg", "git lfs pull"],
    ["<!DOCTYPE html>\n<html>", "a.jpg", "a web page"],
    ["BMW and other cars, a text", "a.txt", "not an image"],
    ["hello", "a.png", "not an image"],
    ["", "a.png", "empty file"],
    ["\u00ff\u00d8\u00ff\u00e0", "a.jpg", "damaged or truncated"],
    ["II*\0\b\0\0\0", "a.tif", "damaged or truncated, or an unsupported kind of TIFF"],
  ])("says why by its first bytes: %j as %s", async (text, file, reason) => {
    expect(await reasonFor(Buffer.from(text, "latin1"), file)).toContain(reason);
  });

  it.each([false, true])("contains impossible bytes, of a JPEG (progressive: %s)", async (progressive) => {
    const raw = { width: 128, height: 128, channels: 3 } as const;
    const pixels = Buffer.from(
      Array.from({ length: 128 * 128 * 3 }, (_, i) => (i * 7 + Math.floor(i / 384) * 13) % 256),
    );
    const bytes = await sharp(pixels, { raw }).jpeg({ quality: 90, progressive }).toBuffer();
    const whole = (await openImage(bytes, "a.jpg")) as ImageHeader;
    expect(await whole.decode({})).toMatchObject({ width: 128, height: 128 });
    const middle = bytes.length >> 1;
    const gap = Buffer.concat([bytes.subarray(0, middle), bytes.subarray(middle + 500)]);
    expect(await reasonFor(gap, "a.jpg")).toContain("the decoder reports damage");
  });

  it("is truncated at any position", async () => {
    for (const file of await readdir(fixtures)) {
      if (![".png", ".jpg", ".gif", ".webp", ".avif"].includes(extname(file))) continue;
      const bytes = await readFile(join(fixtures, file));
      for (const share of [0.3, 0.6]) {
        const header = await openImage(bytes.subarray(0, Math.floor(share * bytes.length)), file);
        const picture = typeof header === "string" ? header : await header.decode({ size: 4 });
        // Of an animation the first picture may be whole.
        if (typeof picture !== "string" && file.startsWith("animation")) continue;
        expect(picture, file).toContain("damaged or truncated");
      }
    }
  });
});

describe("a picture larger than the memory", () => {
  /** A PNG of one bit a pixel that claims a size, and has so many black rows. */
  async function bomb(side: number): Promise<Buffer> {
    const bytes = await sharp({ create: { width: 16, height: 16, channels: 3, background: "#000" } })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    bytes.writeUInt32BE(side, 16);
    bytes.writeUInt32BE(side, 20);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
    return bytes;
  }

  it("is rejected by its header", async () => {
    expect(await reasonFor(await bomb(16_384), "a.png")).toBe(
      "16384 x 16384 pixels, more than the limit of 134 million: scale it down",
    );
  });

  it("is not decoded for training without a size", async () => {
    const file = { file: "a.png", bytes: () => bomb(5000) };
    await expect(readImages("here", [file], 1, {}, [])).rejects.toThrow(
      "here: images must have at most 4096 x 4096 pixels - got a.png (5000 x 5000)",
    );
  });
});

describe("one image file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zaya-image-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("is read by the same rules, as grey or colour", async () => {
    const image = await readImage(join(fixtures, "float64.tif"), 3);
    expect(image.shape).toEqual([2, 3, 3]);
    expect([...image.data]).toEqual(grey.flatMap((value) => Array(3).fill(value)));
    const told: string[] = [];
    for (const file of ["pages.tif", "float32.tif"])
      await readImage(join(fixtures, file), 1, (text) => told.push(text));
    expect(told).toEqual([expect.stringMatching(/pages\.tif: only the first of \d+ frames is read$/)]);
    const one = await readImage(join(fixtures, "float32.tif"), 1);
    expect([...one.data]).toEqual(grey);
  });

  it("is rejected with the reason", async () => {
    await expect(readImage(join(fixtures, "photo.heic"), 3)).rejects.toThrow("HEIC cannot be decoded here");
    const path = join(folder, "a.png");
    await writeFile(path, "");
    await expect(readImage(path, 3)).rejects.toThrow("a.png must be an image - got empty file");
  });
});
