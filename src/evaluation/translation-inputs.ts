import { filled } from "../base/filled.ts";
import { DataError, OptionError } from "../base/errors.ts";
import { type NdArray, ndarray } from "../base/ndarray.ts";
import { type Key, fold, normal } from "../base/random.ts";
import { range } from "../base/range.ts";
import { type Dataset, hasSides } from "../data/index.ts";
import type { MetricInputs } from "../metrics/index.ts";
import { type Direction, translatingRecipes } from "../models/index.ts";
import type { Subject } from "./metric-inputs.ts";
import { predictClasses } from "../trained/features.ts";
import { classesOf } from "../step/labels.ts";
import { directionsOf, endsOf, opposite } from "../trained/ways.ts";

/** Standard deviation of imperceptible noise, relative to the range of the image. */
const faint = 0.01;

/** A direction of translation, with its source images and its target domain. */
export interface Way {
  readonly direction: Direction;
  readonly source: Dataset;
  readonly target: Dataset;
  readonly aligned: boolean;
}

/**
 * The direction to measure, on some data.
 * @throws OptionError for a direction that the model does not have. @throws DataError for data that are not pairs.
 */
export function wayOf({ trained }: Subject, data: Dataset, wanted: Direction | undefined, metric: string): Way {
  const ways = directionsOf(trained.model);
  const direction = wanted ?? ways[0];
  if (direction === undefined || !ways.includes(direction)) {
    throw new OptionError(
      `${metric}: the model must translate images${wanted === undefined ? "" : ` ${wanted}`}, but it ${ways.length === 0 ? "does not translate" : `translates ${ways.join(", ")}`}`,
      ways.length === 0 ? `this metric is for runs of ${translatingRecipes().join(", ")}` : undefined,
    );
  }
  if (!hasSides(data)) throw new DataError(`${metric}: the data must be of two domains - got ${data.name}`);
  return { direction, ...endsOf(data.sides, direction), aligned: data.sides.aligned };
}

function all(data: Dataset): Promise<NdArray> {
  return data.read(range(0, data.size));
}

/** @throws DataError when the true targets are not known. */
export async function gatherTranslations(
  subject: Subject,
  direction: Direction | undefined,
  metric: string,
): Promise<MetricInputs["translations"]> {
  const way = wayOf(subject, subject.data, direction, metric);
  if (!way.aligned) {
    throw new DataError(
      `${metric}: the data must be aligned pairs - got unpaired domains in ${subject.data.name}`,
      "cycle-error and kid work on unpaired domains",
    );
  }
  const source = await all(way.source);
  return { source, made: await subject.trained.translate(source, way.direction), truth: await all(way.target) };
}

/** @throws OptionError for a model without the opposite direction. */
export async function gatherCycles(
  subject: Subject,
  wanted: Direction | undefined,
  metric: string,
): Promise<MetricInputs["cycles"]> {
  const { trained, data, key } = subject;
  const { direction, source: images } = wayOf(subject, data, wanted, metric);
  const back = opposite(direction);
  if (!directionsOf(trained.model).includes(back)) {
    throw new OptionError(`${metric}: the model must translate in both directions, but translates only ${direction}`);
  }
  return cycleInputs(
    await all(images),
    (taken) => trained.translate(taken, direction),
    (taken) => trained.translate(taken, back),
    key,
  );
}

/**
 * Inputs of the metrics of cycles, from any two translators in opposite directions.
 * @param source Images [n, h, w, c] in [0, 1]. @param key Draws the faint noise.
 */
export async function cycleInputs(
  source: NdArray,
  there: (images: NdArray) => Promise<NdArray>,
  back: (images: NdArray) => Promise<NdArray>,
  key: Key,
): Promise<MetricInputs["cycles"]> {
  const made = await there(source);
  const noise = normal(fold(key, "faint"), made.shape).data;
  const noisy = filled(new Float32Array(made.data.length), (i) => made.data[i]! + faint * noise[i]!);
  const disturbed = ndarray("float32", made.shape, noisy);
  return { source, made, back: await back(made), disturbed, backOfDisturbed: await back(disturbed) };
}

const advice = "train one on images of the target domain: zaya train classifier --data DATA";

/** @throws DataError without labels, or without a classifier of as many classes. */
export async function gatherTranslatedClasses(
  subject: Subject,
  wanted: Direction | undefined,
  metric: string,
): Promise<MetricInputs["translatedClasses"]> {
  const { direction, source, target, aligned } = wayOf(subject, subject.data, wanted, metric);
  const classifier = subject.features?.classifier;
  const learned = subject.training === undefined ? source : wayOf(subject, subject.training, wanted, metric).source;
  if (source.labels === null) {
    throw new DataError(`${metric}: the images must have labels, but those of ${source.name} have none`);
  }
  if (classifier === undefined) {
    throw new DataError(
      `${metric}: --features must be a classifier of ${target.name} - got ${subject.features?.id ?? "none"}`,
      advice,
    );
  }
  const classes = classesOf({ train: learned.labels === null ? source : learned, test: source });
  if (classifier.classes !== classes) {
    throw new DataError(
      `${metric}: --features must be a classifier of the ${classes} classes of ${source.name} - got ${subject.features!.id}, of ${classifier.classes}`,
      advice,
    );
  }
  return {
    predicted: await predictClasses(classifier, await subject.trained.translate(await all(source), direction)),
    predictedOfTruth: aligned ? await predictClasses(classifier, await all(target)) : null,
    labels: source.labels,
  };
}
