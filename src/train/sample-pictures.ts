import { type Key, fold } from "../base/random.ts";
import type { Store } from "../base/store.ts";
import { encodePng } from "../codec/png.ts";
import type { Dataset } from "../data/index.ts";
import { imageGrid } from "./pictures.ts";
import type { TrainedModel } from "./trained.ts";

/** Pictures in one grid. */
const shown = 64;

/** Real items in the layout of the samples. */
export async function writeReals(store: Store, data: Dataset): Promise<void> {
  if (data.kind !== "image") return;
  const items = data.read(Int32Array.from({ length: Math.min(shown, data.size) }, (_, i) => i));
  await store.write(
    "samples/reals.png",
    await encodePng(imageGrid(items), { Software: "zaya", Description: data.name }),
  );
}

/** Draws with the same noise at every step. Returns the file's name, or null for a model that draws no images. */
export async function samplePicture(
  store: Store,
  trained: TrainedModel,
  step: number,
  seed: Key,
): Promise<string | null> {
  if (trained.model.generator === undefined) return null;
  const images = await trained.sample(fold(seed, "pictures"), shown);
  if (images.shape.length !== 4) return null;
  const file = `samples/${String(step).padStart(6, "0")}.png`;
  await store.write(file, await encodePng(imageGrid(images), { Software: "zaya", Description: `step ${step}` }));
  return file;
}
