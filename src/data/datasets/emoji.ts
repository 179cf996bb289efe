import type { PictureDataset } from "./named.ts";

/**
 * Emoji as drawn by Google (A) and by Twitter (B), colour on white, one pair for each code point or sequence. Variants
 * with a skin tone are left out: they are near copies of the others, and some would end up in the test split.
 * @source the npm packages emoji-datasource-google and emoji-datasource-twitter, pictures of 64 x 64.
 */
export const emoji: PictureDataset = {
  origin: "pictures",
  name: "emoji",
  description: "emoji by Google and by Twitter, aligned, 64 x 64",
  declares: ["pairs"],
  homes: [
    { package: "emoji-datasource-google", folder: "img/google/64" },
    { package: "emoji-datasource-twitter", folder: "img/twitter/64" },
  ],
  sizes: [64, 32],
  keeps: (file) => file.endsWith(".png") && !/1f3f[b-f]/.test(file),
};
