import { monteCarlo } from "../base/monte-carlo.ts";
import type { NdArray } from "../base/ndarray.ts";
import type { Key } from "../base/random.ts";
import { type DataSplit, type Dataset, hasSides, somePlaces } from "../data/index.ts";
import { memorisation } from "../metrics/index.ts";
import { nearestDistances } from "./nearest-items.ts";
import type { TrainedModel } from "./trained.ts";
import { directionsOf, endsOf } from "./ways.ts";

/** Items of either part that are scored, and samples that are looked up. */
const looked = 500;

/** Training items up to which samples are looked up among them at each picture. */
const few = 10_000;

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
  for (const { name, map, input, output, of } of judges(trained)) {
    const score = async (part: Dataset) => {
      const values = await trained.map(map, { [input]: readSome(of(part)) });
      return monteCarlo(values[output]!.data).mean;
    };
    found[`overfit/${name}/train`] = await score(train);
    found[`overfit/${name}/heldOut`] = await score(test);
  }
  return found;
}

interface Judge {
  readonly name: string;
  readonly map: string;
  readonly input: string;
  readonly output: string;
  /** The items of some data that it judges. */
  of(data: Dataset): Dataset;
}

function judges({ model }: TrainedModel): Judge[] {
  const { discriminator, translators } = model;
  const own = discriminator === undefined ? [] : [{ ...discriminator, name: "scores", of: (data: Dataset) => data }];
  const ofTargets = directionsOf(model).flatMap((direction) => {
    const judge = translators![direction]!.judge;
    const of = (data: Dataset) => (hasSides(data) ? endsOf(data.sides, direction).target : data);
    return judge === undefined ? [] : [{ ...judge, name: `scores of ${direction}`, of }];
  });
  return [...own, ...ofTargets];
}

async function memorised(trained: TrainedModel, { train, test }: DataSplit, key: Key): Promise<Record<string, number>> {
  if (trained.model.generator === undefined || train.size > few || test.size < looked / 5) return {};
  const samples = await trained.sample(key, looked);
  if (!samples.data.every(Number.isFinite)) return {};
  const to = (items: NdArray) => nearestDistances(trained.engine, items, train);
  const evidence = { generated: await to(samples), heldOut: await to(readSome(test)) };
  return { "overfit/memorised": memorisation.measure(evidence, {}).value };
}

function readSome(data: Dataset): NdArray {
  return data.read(somePlaces(data, looked));
}
