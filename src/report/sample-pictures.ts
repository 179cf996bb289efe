import type { NdArray } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import type { Store } from "../base/store.ts";
import { encodePng } from "../codec/png.ts";
import { type Dataset, hasSides, subsampleIndices } from "../data/index.ts";
import { imageGrid } from "../plot/pictures.ts";
import { keepReals, readReals, realsPicture, samplesPicture, shownPoints } from "./point-pictures.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { translationsPicture } from "./translation-pictures.ts";

/** Number of images in a grid. */
const shownImages = 64;

/** Writes real items in the layout of the sample grids; for pairs, the grids contain them. */
export async function writeReals(store: Store, data: Dataset): Promise<void> {
  if (data.kind === "pair") return;
  const picture =
    data.kind === "image" ? imageGrid(await shownItems(data)) : realsPicture(await keepReals(store, data));
  await store.write("samples/reals.png", await encodePng(picture, { Software: "zaya", Description: data.name }));
}

function shownItems(data: Dataset): Promise<NdArray> {
  return data.read(subsampleIndices(data, shownImages));
}

/**
 * Writes a sample grid from noise that is the same at every step, or translations of some test images in every
 * direction. Returns the file's name, or null for a model that generates nothing.
 */
export async function samplePicture(
  store: Store,
  trained: TrainedModel,
  test: Dataset,
  step: number,
  seed: Key,
): Promise<string | null> {
  const picture = await pictureOf(store, trained, test, fold(seed, "pictures"));
  if (picture === null) return null;
  const file = `samples/${String(step).padStart(6, "0")}.png`;
  await store.write(file, await encodePng(picture, { Software: "zaya", Description: `step ${step}` }));
  return file;
}

async function pictureOf(
  store: Store,
  trained: TrainedModel,
  test: Dataset,
  noise: Key,
): Promise<NdArray<"uint8"> | null> {
  if (hasSides(test)) return translationsPicture(trained, test.sides);
  if (trained.model.generator === undefined) return null;
  if (test.kind === "image") return imageGrid(await trained.sample(noise, shownImages));
  return samplesPicture(trained, await readReals(store), await trained.sample(noise, shownPoints));
}
