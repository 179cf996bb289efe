import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";

import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { integers, key } from "../../src/base/random.ts";
import { encodeImage, imageEndings, readImage } from "../../src/node/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-images-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Noise of whole bytes, in which hardly two pixels have one colour. */
function noise(channels: 1 | 3): NdArray<"uint8"> {
  const bytes = Uint8Array.from(integers(key(channels), 40 * 30 * channels, 256));
  return ndarray("uint8", [40, 30, channels], bytes);
}

/** Colours that change slowly. */
function slope(channels: 1 | 3): NdArray<"uint8"> {
  const levels = Uint8Array.from({ length: 40 * 30 * channels }, (_, i) =>
    Math.round((255 * Math.floor(i / (30 * channels))) / 39),
  );
  return ndarray("uint8", [40, 30, channels], levels);
}

const lossless = [".png", ".tif", ".tiff"];

it.each(imageEndings.flatMap((ending) => [1, 3].map((channels) => [ending, channels] as const)))(
  "an image written as %s with %i channels is the one read again",
  async (ending, channels) => {
    const exact = lossless.includes(ending);
    const image = (exact ? noise : slope)(channels as 1 | 3);
    const path = join(folder, `${channels}${ending}`);
    await writeFile(path, await encodeImage(image, path));
    const again = await readImage(path, channels as 1 | 3);
    expect(again.shape).toEqual(image.shape);
    const off = Math.max(...again.data.map((value, i) => Math.abs(value - image.data[i]!)));
    expect(off).toBeLessThanOrEqual(exact ? 0 : 7);
    // WebP knows no grey.
    const grey = channels === 1 && ending !== ".webp";
    expect((await sharp(path).metadata()).channels).toBe(grey ? 1 : 3);
  },
);
