import type { NdArray } from "../base/ndarray.ts";
import { type Dataset, somePlaces, readExact } from "../data/index.ts";
import { imageGrid, manifoldCodes, pairRows, traversalCodes } from "../plot/pictures.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Some `count` items of a data set (all of a smaller one), in rows of `columns`, each above its reconstruction. */
export async function reconstructionPicture(
  trained: TrainedModel,
  data: Dataset,
  count = 32,
  columns = 8,
): Promise<NdArray<"uint8">> {
  const items = readExact(data, somePlaces(data, count));
  const results = await trained.decode(await trained.encode(items));
  const across = Math.min(columns, items.shape[0]!);
  return imageGrid(pairRows(items, results, across), { columns: across });
}

export interface TraversalOptions {
  /** Latents to move along, one a row, in this order. */
  readonly order: readonly number[];
  readonly columns?: number;
  /** Each latent goes from -range to range, in deviations of the prior. */
  readonly range?: number;
}

/** What each latent does to a code [1, d], its others left as they are: one row a latent. */
export async function traversalPicture(
  trained: TrainedModel,
  code: NdArray,
  { order, columns = 11, range = 3 }: TraversalOptions,
): Promise<NdArray<"uint8">> {
  return imageGrid(await trained.decode(traversalCodes(code, order, columns, range)), { columns });
}

/** What a plane of two latents holds: steps of equal probability under the prior along either axis. */
export async function manifoldPicture(trained: TrainedModel, side = 20): Promise<NdArray<"uint8">> {
  return imageGrid(await trained.decode(manifoldCodes(side)), { columns: side });
}

/** Latents by how much they say of an item, most first. */
export function latentsByKl(klPerLatent: readonly number[]): number[] {
  return klPerLatent.map((_, latent) => latent).toSorted((a, b) => klPerLatent[b]! - klPerLatent[a]!);
}
