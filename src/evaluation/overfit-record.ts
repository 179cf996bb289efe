import { monteCarlo } from "../numeric/monte-carlo.ts";
import type { NdArray } from "../base/ndarray.ts";
import type { Key } from "../base/random.ts";
import { memorisedShare, overfitScore } from "../base/scalar-names.ts";
import { type DataSplit, type Dataset, hasSides, readExact, subsampleIndices } from "../data/index.ts";
import { minNearestItems, memorisation } from "../metrics/index.ts";
import { nearestDistances } from "../trained/nearest-items.ts";
import { packsOf } from "../step/packs.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { directionsOf, endsOf } from "../trained/ways.ts";

/** Number of items per split that the discriminator scores, and of samples whose nearest training item is looked up. */
const scoredItems = 500;

/** Largest training set in which nearest items are searched for at each sample grid. */
const maxSearchedItems = 10_000;

/** Images translated for discriminators of translations; image-to-image nets are slow. */
const translated = 100;

/**
 * Measures of overfitting: mean scores that discriminators give to training, held-out and generated items,
 * `overfit/NAME/train`, `heldOut` and `generated`, with the standard error of the difference between the first two,
 * `stderr`; and, for small training sets, the share of samples at least as close to a training item as the closest
 * hundredth of the held-out items, `overfit/memorised`. The items and the noise are the same each time.
 */
export async function recordedOverfit(
  trained: TrainedModel,
  data: DataSplit,
  key: Key,
): Promise<Record<string, number>> {
  return { ...(await scores(trained, data, key)), ...(await memorised(trained, data, key)) };
}

async function scores(trained: TrainedModel, { train, test }: DataSplit, key: Key): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { name, map, output, packing, given, generated } of scorers(trained)) {
    const score = async (inputs: Readonly<Record<string, NdArray>>) => {
      const packs = Object.entries(inputs).map(([input, items]) => [input, packsOf(items, packing)]);
      return monteCarlo((await trained.map(map, Object.fromEntries(packs)))[output]!.data);
    };
    // The item indices depend only on the number of items, so pairs stay together.
    const read = async (part: Dataset) => {
      const inputs: Record<string, NdArray> = {};
      for (const [input, items] of Object.entries(given(part))) inputs[input] = await readSome(items);
      return inputs;
    };
    const [onTrain, onHeldOut] = [await score(await read(train)), await score(await read(test))];
    const of = (part: string) => overfitScore.name({ score: name, part });
    found[of("train")] = onTrain.mean;
    found[of("heldOut")] = onHeldOut.mean;
    const stderr = Math.hypot(onTrain.stderr, onHeldOut.stderr);
    // A single item has no spread.
    if (Number.isFinite(stderr)) found[of("stderr")] = stderr;
    const made = await generated(train, key);
    if (made !== null) found[of("generated")] = (await score(made)).mean;
  }
  return found;
}

interface Scorer {
  readonly name: string;
  readonly map: string;
  readonly output: string;
  readonly packing?: number;
  /** The items of a data set for each of its inputs. */
  given(data: Dataset): Readonly<Record<string, Dataset>>;
  /** The same for generated items, which are translations of `data` if the model translates; null if it has no generator. */
  generated(data: Dataset, key: Key): Promise<Readonly<Record<string, NdArray>> | null>;
}

function scorers(trained: TrainedModel): Scorer[] {
  const { model } = trained;
  const { discriminator, translators } = model;
  const own: Scorer[] =
    discriminator === undefined
      ? []
      : [
          {
            ...discriminator,
            name: "scores",
            given: (data) => ({ [discriminator.input]: data }),
            generated: async (_, key) =>
              model.generator === undefined ? null : { [discriminator.input]: await trained.sample(key, scoredItems) },
          },
        ];
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
    const generated = async (data: Dataset) => {
      if (!hasSides(data)) return null;
      const { source } = endsOf(data.sides, direction);
      const images = await readExact(source, subsampleIndices(source, translated));
      const made = await trained.translate(images as NdArray<"float32">, direction);
      return {
        [discriminator.input]: made,
        ...(discriminator.source !== undefined && { [discriminator.source]: images }),
      };
    };
    return [{ ...discriminator, name: `scores of ${direction}`, given, generated }];
  });
  return [...own, ...ofTargets];
}

async function memorised(trained: TrainedModel, { train, test }: DataSplit, key: Key): Promise<Record<string, number>> {
  if (trained.model.generator === undefined || train.size > maxSearchedItems || test.size < minNearestItems) return {};
  const samples = await trained.sample(key, scoredItems);
  if (!samples.data.every(Number.isFinite)) return {};
  const to = (items: NdArray) => nearestDistances(trained.engine, items, train);
  const inputs = { generated: await to(samples), heldOut: await to(await readSome(test)) };
  return { [memorisedShare]: memorisation.measure(inputs, {}).value };
}

function readSome(data: Dataset): Promise<NdArray> {
  return readExact(data, subsampleIndices(data, scoredItems));
}
