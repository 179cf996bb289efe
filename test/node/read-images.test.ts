import sharp from "sharp";
import { expect, it } from "vitest";

import type { SkippedFile } from "../../src/data/index.ts";
import { type EncodedImage, readImages } from "../../src/node/images.ts";

const flat = (level: number, colour: boolean): Promise<Buffer> => {
  const background = { r: level, g: colour ? 0 : level, b: level };
  const image = sharp({ create: { width: 2, height: 2, channels: 3, background } });
  return (colour ? image : image.toColourspace("b-w")).png().toBuffer();
};

it("opens no images beyond the limit", async () => {
  const grey = await flat(7, false);
  const opened: number[] = [];
  function* images(): Generator<EncodedImage> {
    for (let i = 0; i < 300_000; i++) {
      yield { file: `${i}.png`, bytes: async () => (opened.push(i), i === 3 ? Buffer.from("x") : grey) };
    }
  }
  const skipped: SkippedFile[] = [];
  const read = await readImages("here", images(), 300_000, { limit: 21 }, skipped);
  expect(read!.items.shape).toEqual([21, 2, 2, 1]);
  expect(opened).toEqual(Array.from({ length: 22 }, (_, i) => i));
  expect(read!.places.at(-1)).toBe(21);
  expect(skipped).toEqual([{ file: "3.png", reason: "not an image" }]);
});

it("converts grey images to RGB if any image has colour, and lists skipped files in order", async () => {
  const [grey, red] = [await flat(9, false), await flat(200, true)];
  const cut = grey.subarray(0, grey.length - 20);
  const given = [grey, cut, Buffer.from("text"), grey, red, grey, cut, red];
  const images = given.map((bytes, i) => ({ file: String(i), bytes: async () => bytes }));
  const skipped: SkippedFile[] = [];
  const read = (await readImages("here", images, given.length, {}, skipped))!;
  expect(read.files).toEqual(["0", "3", "4", "5", "7"]);
  expect(read.items.shape).toEqual([5, 2, 2, 3]);
  expect([0, 1, 2, 3, 4].map((n) => [...read.items.data.subarray(12 * n, 12 * n + 3)])).toEqual([
    [9, 9, 9],
    [9, 9, 9],
    [200, 0, 200],
    [9, 9, 9],
    [200, 0, 200],
  ]);
  expect(skipped.map(({ file, reason }) => [file, reason])).toEqual([
    ["1", "damaged or truncated"],
    ["2", "not an image"],
    ["6", "damaged or truncated"],
  ]);
});
