import { fold, key } from "../base/random.ts";
import { encodePng } from "../codec/png.ts";
import { type DataSplit, hasSides, take } from "../data/index.ts";
import { type Metric, classConsistency, cycleError, pairError, psnr, ssim } from "../metrics/index.ts";
import { type ConfiguredModel, type Direction, classifier } from "../models/index.ts";
import type { Run } from "../run/index.ts";
import { type Features, classifierFeatures, directionsOf, openTrained } from "../trained/index.ts";
import { type Evaluation, evaluator } from "../evaluation/index.ts";
import { translationsPicture } from "../report/index.ts";
import { type RowContext, type RowTraining, fit, ascendingBy, overSeeds, trainEach } from "./row.ts";

// Shared by the rows of translation models: training a model, and evaluating it on pairs that it has not seen.

interface TranslationTask {
  readonly data: DataSplit;
  readonly steps: number;
  readonly batch: number;
  /** Default: that of the recipe. */
  readonly learningRate?: number;
  /** Number of test pairs on which errors are measured. */
  readonly images: number;
  readonly seeds: readonly number[];
  /** A classifier of the second domain's images, if they have classes. */
  readonly features?: Features;
}

/** A classifier of the images of the second domain, and how to release it. */
export async function trainClassifier(context: RowContext, { train, test }: DataSplit, epochs: number, seed: number) {
  if (!hasSides(train) || !hasSides(test)) throw new Error(`${train.name}: has no second domain`);
  const data = { train: train.sides.b, test: test.sides.b };
  const { trained, close } = await fit(context, "classifier", classifier(), data, { epochs, seed });
  return { features: await classifierFeatures(trained, "classifier"), close };
}

/** Metrics of a translated image against the true one, by their names in a row. */
const againstTruth = { error: pairError, psnr, ssim } as const;

/** Name of the value of untranslated images. */
function unchangedName(quantity: string): string {
  return quantity === "error" ? "unchanged" : `${quantity}Unchanged`;
}

/** A model of a row, and its training data. */
export interface TranslationArm {
  readonly name: string;
  readonly model: ConfiguredModel;
  readonly task: TranslationTask;
}

interface ArmTraining extends RowTraining {
  readonly arm: TranslationArm;
  readonly seed: number;
}

/** Results of one model. */
interface Translation {
  readonly name: string;
  readonly values: Readonly<Record<string, number>>;
  /** A PNG of the first test images, their translations and the true images. */
  readonly picture: Uint8Array;
}

/** For each model, means over seeds with standard errors, named `name/...`, and the picture of its first seed. */
export async function measureTranslations(
  context: RowContext,
  arms: readonly TranslationArm[],
): Promise<{ values: Record<string, number>; pictures: Record<string, Uint8Array> }> {
  const trainings = arms.flatMap((arm) =>
    arm.task.seeds.map((seed): ArmTraining => {
      const { data, steps, batch, learningRate } = arm.task;
      const options = { steps, batch, seed, ...(learningRate !== undefined && { learningRate }) };
      return { label: `${arm.name}, seed ${seed}`, model: arm.model, data, options, arm, seed };
    }),
  );
  const all = await trainEach(context, trainings, (run, of) => measureOnce(context, run, of));
  const values: Record<string, number> = {};
  const pictures: Record<string, Uint8Array> = {};
  for (const { name } of arms) {
    const found = all.filter((each) => each.name === name);
    for (const quantity of Object.keys(found[0]!.values)) {
      const list = found.map((each) => each.values[quantity]!);
      Object.assign(values, overSeeds(`${name}/${quantity}`, list));
    }
    pictures[name] = found[0]!.picture;
  }
  return { values, pictures };
}

async function measureOnce(context: RowContext, run: Run, { label, arm, seed }: ArmTraining): Promise<Translation> {
  const { data, images, features } = arm.task;
  const { trained, close } = await openTrained(run, context.engine);
  const by = fold(key(seed), "pairs");
  const measure = evaluator({ trained, data: take(data.test, images), part: "test", key: by, features });
  const of = (metric: unknown, direction: Direction): Promise<Evaluation> => measure(metric as Metric, { direction });
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
  if (features !== undefined) {
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
  return { name: arm.name, values, picture };
}

/** Whether a model's translations are closer to the target than the untranslated images, by every metric of errors. */
export function betterThanUnchanged(name: string, values: Readonly<Record<string, number>>): boolean {
  return Object.entries(againstTruth).every(([quantity, { better }]) => {
    const [own, unchanged] = [values[`${name}/${quantity}`]!, values[`${name}/${unchangedName(quantity)}`]!];
    return better === "lower" ? own < unchanged : own > unchanged;
  });
}

/** The models in ascending order of their error against the targets. */
export function orderRemark(names: readonly string[], values: Readonly<Record<string, number>>): string {
  return `In ascending order of the error against the true target: ${ascendingBy(values, names, "error")}.`;
}
