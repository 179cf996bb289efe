import type { PictureDataset } from "./named.ts";

/**
 * Emoji as Google (A) and as Twitter (B) draw them, colour on white, a pair for each code point or sequence of them, which
 * is the name of its files. Those with a skin tone are left out: they are near copies of the ones without, and some would
 * be held out to test on.
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
