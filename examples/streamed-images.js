// Photos of a folder as a data set whose items are decoded when a training step asks for them, in 32 x 32 pixels:
//
//   PHOTOS=folder npx zaya train vae --arch conv --likelihood gaussian --data examples/streamed-images.js
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";

import { ndarray } from "zaya";
import { fingerprintOf } from "zaya/data";

const folder = process.env.PHOTOS ?? "photos";
const size = 32;

export default async () => {
  const files = (await readdir(folder)).toSorted().map((file) => join(folder, file));
  const pixelsOf = (index) =>
    sharp(files[index]).resize(size, size).removeAlpha().toColourspace("srgb").raw().toBuffer();
  return {
    name: "photos",
    kind: "image",
    shape: [size, size, 3],
    size: files.length,
    labels: null,
    skipped: [],
    // Identifies these items: a run resumes only on the data that it began with.
    fingerprint: fingerprintOf(`${size} ${files.join()}`),
    async read(indices) {
      const images = await Promise.all(Array.from(indices, pixelsOf));
      const values = Float32Array.from(Buffer.concat(images), (byte) => byte / 255);
      return ndarray("float32", [images.length, size, size, 3], values);
    },
  };
};
