import type { NdArray } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import type { Store } from "../base/store.ts";
import { range } from "../base/range.ts";
import { encodePng } from "../codec/png.ts";
import type { Dataset } from "../data/index.ts";
import { imageGrid } from "./pictures.ts";
import { keepReals, readReals, realsPicture, samplesPicture, shownPoints } from "./point-pictures.ts";
import type { TrainedModel } from "./trained.ts";

/** Images in one grid. */
const shownImages = 64;

/** Real items in the layout of the samples. */
export async function writeReals(store: Store, data: Dataset): Promise<void> {
  const picture = data.kind === "image" ? imageGrid(firstItems(data)) : realsPicture(await keepReals(store, data));
  await store.write("samples/reals.png", await encodePng(picture, { Software: "zaya", Description: data.name }));
}

function firstItems(data: Dataset): NdArray {
  return data.read(range(0, Math.min(shownImages, data.size)));
}

/** Draws with the same noise at every step. Returns the file's name, or null for a model that draws nothing. */
export async function samplePicture(
  store: Store,
  trained: TrainedModel,
  kind: Dataset["kind"],
  step: number,
  seed: Key,
): Promise<string | null> {
  if (trained.model.generator === undefined) return null;
  const noise = fold(seed, "pictures");
  const picture =
    kind === "image"
      ? imageGrid(await trained.sample(noise, shownImages))
      : await samplesPicture(trained, await readReals(store), await trained.sample(noise, shownPoints));
  const file = `samples/${String(step).padStart(6, "0")}.png`;
  await store.write(file, await encodePng(picture, { Software: "zaya", Description: `step ${step}` }));
  return file;
}
