import type { NdArray } from "../base/ndarray.ts";
import { type Dataset, subsampleIndices, readExact } from "../data/index.ts";
import { imageGrid, manifoldCodes, pairRows, traversalCodes } from "../plot/pictures.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Reconstructions of `count` items of a data set (all of a smaller one), in rows of `columns`, each below its item. */
export async function reconstructionPicture(
  trained: TrainedModel,
  data: Dataset,
  count = 32,
  columns = 8,
): Promise<NdArray<"uint8">> {
  const items = await readExact(data, subsampleIndices(data, count));
  const results = await trained.decode(await trained.encode(items));
  const across = Math.min(columns, items.shape[0]!);
  return imageGrid(pairRows(items, results, across), { columns: across });
}

export interface TraversalOptions {
  /** Latent dimensions to traverse, one per row, in this order. */
  readonly order: readonly number[];
  readonly columns?: number;
  /** Each latent dimension goes from -range to range, in standard deviations of the prior. */
  readonly range?: number;
}

/** Latent traversal of a code [1, d]: one row for each latent dimension, with the others unchanged. */
export async function traversalPicture(
  trained: TrainedModel,
  code: NdArray,
  { order, columns = 11, range = 3 }: TraversalOptions,
): Promise<NdArray<"uint8">> {
  return imageGrid(await trained.decode(traversalCodes(code, order, columns, range)), { columns });
}

/** Decoded grid over a two-dimensional latent space: steps of equal prior probability along both axes. */
export async function manifoldPicture(trained: TrainedModel, side = 20): Promise<NdArray<"uint8">> {
  return imageGrid(await trained.decode(manifoldCodes(side)), { columns: side });
}

/** Indices of the latent dimensions in descending order of their KL terms. */
export function latentsByKl(klPerLatent: readonly number[]): number[] {
  return klPerLatent.map((_, latent) => latent).toSorted((a, b) => klPerLatent[b]! - klPerLatent[a]!);
}
