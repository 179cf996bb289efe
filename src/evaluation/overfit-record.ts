import { monteCarlo } from "../numeric/monte-carlo.ts";
import type { NdArray } from "../base/ndarray.ts";
import type { Key } from "../base/random.ts";
import { memorisedShare, overfitScore } from "../base/scalar-names.ts";
import { type DataSplit, type Dataset, hasSides, readExact, somePlaces } from "../data/index.ts";
import { minNearestItems, memorisation } from "../metrics/index.ts";
import { nearestDistances } from "../trained/nearest-items.ts";
import { packsOf } from "../step/packs.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { directionsOf, endsOf } from "../trained/ways.ts";

/** Items of each split that the discriminator scores, and samples whose nearest training item is searched. */
const scoredItems = 500;

/** Largest training set in which nearest items are searched at each sample grid. */
const maxSearchedItems = 10_000;

/**
 * What tells that a model learns its training items by heart: mean scores that its discriminators give to items that it is
 * trained on and to held-out ones, `overfit/NAME/train` and `overfit/NAME/heldOut`; and for few training items the share of
 * samples that lie as close to one of them as the closest hundredth of held-out items do, `overfit/memorised`. The same
 * items and the same noise each time.
 */
export async function recordedOverfit(
  trained: TrainedModel,
  data: DataSplit,
  key: Key,
): Promise<Record<string, number>> {
  return { ...(await scores(trained, data)), ...(await memorised(trained, data, key)) };
}

async function scores(trained: TrainedModel, { train, test }: DataSplit): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { name, map, output, packing, given } of scorers(trained)) {
    const score = async (part: Dataset) => {
      // Pairs stay together: which items are read follows from their number alone.
      const inputs = Object.entries(given(part)).map(([input, items]) => [input, packsOf(readSome(items), packing)]);
      const values = await trained.map(map, Object.fromEntries(inputs));
      return monteCarlo(values[output]!.data).mean;
    };
    found[overfitScore.name({ score: name, part: "train" })] = await score(train);
    found[overfitScore.name({ score: name, part: "heldOut" })] = await score(test);
  }
  return found;
}

interface Scorer {
  readonly name: string;
  readonly map: string;
  readonly output: string;
  readonly packing?: number;
  /** What its inputs take of some data. */
  given(data: Dataset): Readonly<Record<string, Dataset>>;
}

function scorers({ model }: TrainedModel): Scorer[] {
  const { discriminator, translators } = model;
  const own: Scorer[] =
    discriminator === undefined
      ? []
      : [{ ...discriminator, name: "scores", given: (data) => ({ [discriminator.input]: data }) }];
  const ofTargets = directionsOf(model).flatMap((direction): Scorer[] => {
    const { discriminator } = translators![direction]!;
    if (discriminator === undefined) return [];
    const given = (data: Dataset): Record<string, Dataset> => {
      if (!hasSides(data)) return { [discriminator.input]: data };
      const { source, target } = endsOf(data.sides, direction);
      return {
        [discriminator.input]: target,
        ...(discriminator.source !== undefined && { [discriminator.source]: source }),
      };
    };
    return [{ ...discriminator, name: `scores of ${direction}`, given }];
  });
  return [...own, ...ofTargets];
}

async function memorised(trained: TrainedModel, { train, test }: DataSplit, key: Key): Promise<Record<string, number>> {
  if (trained.model.generator === undefined || train.size > maxSearchedItems || test.size < minNearestItems) return {};
  const samples = await trained.sample(key, scoredItems);
  if (!samples.data.every(Number.isFinite)) return {};
  const to = (items: NdArray) => nearestDistances(trained.engine, items, train);
  const inputs = { generated: await to(samples), heldOut: await to(readSome(test)) };
  return { [memorisedShare]: memorisation.measure(inputs, {}).value };
}

function readSome(data: Dataset): NdArray {
  return readExact(data, somePlaces(data, scoredItems));
}
