import { filled } from "../base/filled.ts";
import { type NdArray, joinRows, ndarray } from "../base/ndarray.ts";
import { append } from "../base/many.ts";
import { type Sides, subsampleIndices } from "../data/index.ts";
import type { Direction, Model } from "../models/index.ts";
import { imageGrid } from "../plot/pictures.ts";
import { stateNames } from "../step/state-view.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { directionsOf, endsOf, opposite } from "../trained/ways.ts";

/** Images of each domain in one picture. */
const shown = 8;

/** Caption for pictures of translations, row by row. */
export function translationsCaption(model: Model): string {
  const ways = directionsOf(model);
  const returns = ways.length > 1 ? "its reconstruction, " : "";
  return `The same test images at every step, one per column. For each direction (${ways.join(", ")}): the image, its translation, ${returns}and the target if known.`;
}

/**
 * A picture [h, w, c] with a block of rows for each direction, one image per column: source images, their translations,
 * the cycle reconstructions (if there is an opposite direction) and the true targets (if known).
 */
export async function translationsPicture(trained: TrainedModel, sides: Sides): Promise<NdArray<"uint8">> {
  const blocks: NdArray[] = [];
  const count = Math.min(shown, sides.a.size, sides.b.size);
  for (const direction of directionsOf(trained.model)) {
    append(blocks, await strips(trained, sides, direction, count));
  }
  return imageGrid(joinRows(blocks), { columns: count });
}

/** Source images, translations, reconstructions and true targets: [n, h, w, c] each, the last two if there are any. */
async function strips(trained: TrainedModel, sides: Sides, direction: Direction, count: number): Promise<NdArray[]> {
  const { source, target } = endsOf(sides, direction);
  const places = subsampleIndices(source, count);
  const images = await source.read(places);
  const made = await trained.translate(images, direction);
  const back = opposite(direction);
  const returns = trained.model.translators?.[back] !== undefined;
  return [
    images,
    made,
    ...(returns ? [await trained.translate(made, back)] : []),
    ...(sides.aligned ? [await target.read(places)] : []),
  ];
}

/** For each direction: source images, their translations, the true targets, and the absolute error of each pixel. */
export async function errorsPicture(trained: TrainedModel, sides: Sides): Promise<NdArray<"uint8">> {
  const places = subsampleIndices(sides.a, shown);
  const blocks: NdArray[] = [];
  for (const direction of directionsOf(trained.model)) {
    const { source, target } = endsOf(sides, direction);
    const images = await source.read(places);
    const [made, truth] = [await trained.translate(images, direction), await target.read(places)];
    const errors = filled(new Float32Array(truth.data.length), (i) => Math.abs(truth.data[i]! - made.data[i]!));
    blocks.push(images, made, truth, ndarray("float32", truth.shape, errors));
  }
  return imageGrid(joinRows(blocks), { columns: places.length });
}

/** Images that a model keeps among its statistics, if there are any yet. */
export async function keptPictures({ model, state }: TrainedModel): Promise<Record<string, NdArray<"uint8">>> {
  if (model.kept === undefined) return {};
  const values = await state.read();
  const pictures: Record<string, NdArray<"uint8">> = {};
  for (const [title, { net, stat, shape }] of Object.entries(model.kept)) {
    const { data, shape: flat } = values[stateNames.stat(net, stat)]!;
    const inside = filled(new Float32Array(data.length), (i) => (data[i]! + 1) / 2);
    pictures[title] = imageGrid(ndarray("float32", [flat[0]!, ...shape], inside), { columns: 10 });
  }
  return pictures;
}
