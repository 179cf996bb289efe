import { fold, key } from "../base/random.ts";
import { encodePng } from "../codec/png.ts";
import { type DataSplit, hasSides, take } from "../data/index.ts";
import { type Metric, classConsistency, cycleError, pairError, psnr, ssim } from "../metrics/index.ts";
import { type ConfiguredModel, type Direction, classifier } from "../models/index.ts";
import { type Features, classifierFeatures, directionsOf, openTrained } from "../trained/index.ts";
import { type Evaluation, evaluator } from "../evaluation/index.ts";
import { translationsPicture } from "../report/index.ts";
import { type RowContext, fit, fromLeast, overSeeds, trainToEnd } from "./row.ts";

// Shared by the rows of translation models: how a model is trained, and evaluated on pairs that it never saw.

export interface TranslationTask {
  readonly data: DataSplit;
  readonly steps: number;
  readonly batch: number;
  /** The recipe's own where not given. */
  readonly learningRate?: number;
  /** Test pairs that errors are found on. */
  readonly images: number;
  readonly seeds: readonly number[];
  /** A classifier of the second domain's images, where they have classes. */
  readonly teller?: Features;
}

/** A classifier of the images of the second domain, and how to let go of it. */
export async function tellerOf(context: RowContext, { train, test }: DataSplit, epochs: number, seed: number) {
  if (!hasSides(train) || !hasSides(test)) throw new Error(`${train.name}: has no second domain`);
  const data = { train: train.sides.b, test: test.sides.b };
  const { trained, close } = await fit(context, "classifier", classifier(), data, { epochs, seed });
  return { features: await classifierFeatures(trained, "classifier"), close };
}

/** Metrics of a translated image against the true one, by what a row calls them. */
const againstTruth = { error: pairError, psnr, ssim } as const;

/** Name of the value that an untranslated image gets. */
function unchangedName(quantity: string): string {
  return quantity === "error" ? "unchanged" : `${quantity}Unchanged`;
}

/** What one model was found to do. */
interface Translation {
  readonly values: Readonly<Record<string, number>>;
  /** The first test images, what becomes of them, and the truth: a PNG. */
  readonly picture: Uint8Array;
}

/** Of a model, means over seeds with their standard errors, by name under `name/`; and the picture of the first seed. */
export async function measureTranslation(
  context: RowContext,
  name: string,
  model: ConfiguredModel,
  task: TranslationTask,
): Promise<Translation> {
  const found: Translation[] = [];
  for (const seed of task.seeds) found.push(await measureOnce(context, `${name}, seed ${seed}`, model, seed, task));
  const values: Record<string, number> = {};
  for (const quantity of Object.keys(found[0]!.values)) {
    const all = found.map((each) => each.values[quantity]!);
    Object.assign(values, overSeeds(`${name}/${quantity}`, all));
  }
  return { values, picture: found[0]!.picture };
}

async function measureOnce(
  context: RowContext,
  label: string,
  model: ConfiguredModel,
  seed: number,
  { data, steps, batch, learningRate, images, teller }: TranslationTask,
): Promise<Translation> {
  const options = { steps, batch, seed, ...(learningRate !== undefined && { learningRate }) };
  const run = await trainToEnd(context, label, model, data, options);
  const { trained, close } = await openTrained(run, context.engine);
  const by = fold(key(seed), "pairs");
  const features = teller;
  const judge = evaluator({ trained, data: take(data.test, images), part: "test", key: by, features });
  const of = (metric: unknown, direction: Direction): Promise<Evaluation> => judge(metric as Metric, { direction });
  const ways = directionsOf(trained.model);
  const values: Record<string, number> = {};
  for (const [name, metric] of Object.entries(againstTruth)) {
    const { value, details } = await of(metric, "AtoB");
    values[name] = value;
    values[unchangedName(name)] = details["unchanged"] as number;
  }
  values["minutes"] = run.state.seconds / 60;
  if (ways.length > 1) {
    values["errorBack"] = (await of(pairError, "BtoA")).value;
    values["cycleError"] = (await of(cycleError, "AtoB")).value;
  }
  if (teller !== undefined) {
    const consistency = await of(classConsistency, "AtoB");
    values["consistency"] = consistency.value;
    values["consistencyOfTruth"] = consistency.details["ofTruth"] as number;
  }
  const picture = await encodePng(await translationsPicture(trained, data.test.sides!));
  await close();
  context.say(
    `${label}: ${Object.entries(values)
      .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
      .join(", ")}`,
  );
  return { values, picture };
}

/** Whether a model's translations are closer to the target than the untranslated images, by every metric of errors. */
export function betterThanUnchanged(name: string, values: Readonly<Record<string, number>>): boolean {
  return Object.entries(againstTruth).every(([quantity, { better }]) => {
    const [own, unchanged] = [values[`${name}/${quantity}`]!, values[`${name}/${unchangedName(quantity)}`]!];
    return better === "lower" ? own < unchanged : own > unchanged;
  });
}

/** The models in the order of their error to the true pair. */
export function orderRemark(names: readonly string[], values: Readonly<Record<string, number>>): string {
  return `From the least error to the true pair to the most: ${fromLeast(values, names, "error")}.`;
}
