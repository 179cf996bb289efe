import { DataError, NotFiniteError, ZayaError } from "../base/errors.ts";
import { sizeOf } from "../base/ndarray.ts";
import { parseOptions } from "../base/options.ts";
import { type Key, fold } from "../base/random.ts";
import { metricDetail, metricLabel } from "../base/scalar-names.ts";
import { type DataSplit, type Dataset, hasSides, subsample } from "../data/index.ts";
import { type MetricInputs, type InputKind, type Metric, type MetricResult, metrics, z95 } from "../metrics/index.ts";
import type { Direction, Model } from "../models/index.ts";
import { type Gathered, Gathering, type Subject } from "./metric-inputs.ts";
import type { SampleFacts } from "./sample-inputs.ts";
import { InterruptedError, type TrainedModel } from "../trained/trained.ts";
import { directionsOf, endsOf } from "../trained/ways.ts";
import type { Weights } from "../run/weights.ts";

/** Protocol of a measurement: what a result was measured on. */
export interface Protocol extends Partial<SampleFacts> {
  readonly data: string;
  readonly part: string;
  /** SHA-256 of the items measured. */
  readonly fingerprint: string;
  readonly n: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A metric's result with what it was measured on. */
export interface Evaluation extends MetricResult {
  /** Name of the metric, with the direction for translation models: `pair-error/BtoA`. */
  readonly label: string;
  /** Name of the value among the scalars of a run. */
  readonly quantity: string;
  /** Ends of the 95 % confidence interval; NaN if unknown. */
  readonly interval: readonly [low: number, high: number];
  /** Floor: the value of as many real items in place of samples, which a perfect model would reach. */
  readonly floor?: number;
  /** Number of real items used for the floor. */
  readonly floorItems?: number;
  /** Details of the floor. */
  readonly floorDetails?: MetricResult["details"];
  /** Why there is no floor although real items are available: the metric refuses them. */
  readonly floorRefusal?: string;
  readonly perfect: string;
  readonly protocol: Protocol;
}

/** Measures metrics on a model and its data, gathering shared inputs once. */
export type Evaluator = <Kind extends InputKind, Options>(
  metric: Metric<Kind, Options>,
  options?: NoInfer<Options>,
) => Promise<Evaluation>;

/**
 * Creates an evaluator of one subject for any number of metrics; shared inputs are gathered once.
 * @throws OptionError for options that are not valid. @throws DataError when the model or its data cannot be measured
 * like this.
 */
export function evaluator(subject: Subject): Evaluator {
  const gathering = new Gathering(subject);
  return async (own, rawOptions) => {
    // Inputs are gathered by the kind that the metric needs; the type system cannot express this.
    const metric = own as unknown as Metric;
    const options = parseOptions(metric.options, rawOptions ?? {}, metric.name);
    const { inputs, real, facts } = await gathering.gather(metric.needs, options, metric.name);
    const result = metric.measure(inputs, options);
    if (!Number.isFinite(result.value)) {
      throw new NotFiniteError(
        `${metric.name}: the value must be a finite number - got ${result.value}`,
        "check the samples and losses of the run: it may have diverged",
      );
    }
    const floor = floorOf(metric, real, options);
    const { value, stderr, interval = [value - z95 * stderr, value + z95 * stderr] } = result;
    const { data, part } = subject;
    const direction = options.direction as Direction | undefined;
    // With two domains, the items measured are those of the source domain.
    const first = direction ?? directionsOf(subject.trained.model)[0];
    const { size } = first !== undefined && hasSides(data) ? endsOf(data.sides, first).source : data;
    return {
      ...result,
      label: metricLabel(metric.name, direction),
      interval,
      ...floor,
      quantity: metricLabel(metric.quantity ?? metric.name, direction),
      perfect: metric.perfect,
      protocol: { data: data.name, part, fingerprint: data.fingerprint, n: size, ...facts, options },
    };
  };
}

/**
 * Empty if real items cannot replace samples. Too few real items for the metric are no reason to withhold the value.
 */
function floorOf(
  metric: Metric,
  real: Gathered<InputKind>["real"],
  options: Readonly<Record<string, unknown>>,
): Pick<Evaluation, "floor" | "floorItems" | "floorDetails" | "floorRefusal"> {
  if (real === undefined) return {};
  try {
    const { value, details, n } = metric.measure(real as MetricInputs[InputKind], options);
    return { floor: value, floorItems: n, floorDetails: details };
  } catch (error) {
    if (error instanceof DataError) return { floorRefusal: error.message };
    throw error;
  }
}

/**
 * Measures a trained model by one metric on one split of its data. @throws OptionError for options that are not valid.
 * @throws DataError when the model or its data cannot be measured by it.
 */
export function evaluate<Kind extends InputKind, Options>(
  metric: Metric<Kind, Options>,
  trained: TrainedModel,
  data: Dataset,
  part: string,
  key: Key,
  options?: NoInfer<Options>,
): Promise<Evaluation> {
  return evaluator({ trained, data, part, key })(metric, options);
}

/** Inputs that are cheap enough to be gathered during training, each with the models and data that provide it. */
const usualInputs: Partial<Record<InputKind, (model: Model, data: Dataset) => boolean>> = {
  bound: ({ likelihood }) => likelihood !== undefined,
  predictions: ({ classifier }) => classifier !== undefined,
  translations: ({ translators }, { sides }) => translators !== undefined && sides?.aligned === true,
  cycles: (model, { sides }) => directionsOf(model).length > 1 && sides !== undefined,
};

/** Metrics evaluated on held-out items at the end of training, for at least one kind of model. */
export const endMetrics: readonly Metric[] = metrics.filter(({ needs }) => usualInputs[needs] !== undefined);

/** Names of what metrics measure, where they differ from the metric's name: elbo gives negElbo. */
export const quantityNames: Readonly<Record<string, string>> = Object.fromEntries(
  endMetrics.flatMap(({ name, quantity }) => (quantity === undefined ? [] : [[name, quantity]])),
);

/** A metric with its options. */
export interface Measurement {
  readonly metric: Metric;
  readonly options: Readonly<Record<string, unknown>>;
  /** Maximum number of items, if all of them would take too long. */
  readonly items?: number;
}

/**
 * Measurements made during training; for translation models, in each direction.
 * @param own Further metrics.
 */
export function defaultMeasurements(model: Model, data: Dataset, own: readonly Metric[] = []): Measurement[] {
  const usual = [...endMetrics, ...own].filter(({ needs }) => usualInputs[needs]?.(model, data) === true);
  const ways = directionsOf(model);
  const each = ways.length === 0 ? [{}] : ways.map((direction) => ({ direction }));
  return each.flatMap((options) => usual.map((metric) => ({ metric, options })));
}

/** Maximum number of items of each split that are evaluated during training, and of images translated at its end. */
export const followed = 1000;

/** Makes the measurements of a run's end, with the random draws of the run's seed. */
export async function measureDefaults(
  trained: TrainedModel,
  data: Dataset,
  part: string,
  seed: Key,
  own: readonly Metric[] = [],
): Promise<Evaluation[]> {
  const measure = evaluator({ trained, data, part, key: fold(seed, "evaluate") });
  // Sequentially, so that none is running when another one is interrupted and resources are released.
  const results: Evaluation[] = [];
  for (const { metric, options } of defaultMeasurements(trained.model, data, own))
    results.push(await measure(metric, options));
  return results;
}

/** Metrics of samples that are evaluated at the end of training if the data suffice, in the order of reporting. */
export const drawnMetrics = metrics.filter(({ atEnd }) => atEnd === true);

/** Maximum number of values in a training set that is searched for nearest items at the end of training. */
const maxSearched = 50_000_000;
const isPoints = ({ test }: DataSplit) => test.kind === "points";
const isImages = ({ test }: DataSplit) => test.kind === "image";

/** Data for which inputs about samples can be gathered quickly and without further options. */
const inputsFromSamples: Partial<Record<InputKind, (data: DataSplit) => boolean>> = {
  modes: ({ test: { modes: declared } }) => declared?.kind === "centers",
  features: isPoints,
  neighbours: isPoints,
  samples: isImages,
  vectors: isImages,
  nearest: (data) => isImages(data) && data.train.size * sizeOf(data.train.shape) <= maxSearched,
};

/** Number of samples, and of real items, that are compared at the end of training. */
const drawnItems = 2000;

/**
 * Measurements at the end of training: those made during training; for adversarial models, those of samples; and all custom
 * metrics, of which those that the model does not support are reported as refused.
 */
export function endMeasurements(model: Model, data: DataSplit, own: readonly Metric[] = []): Measurement[] {
  const usual = defaultMeasurements(model, data.test, own);
  const isGame = model.adversarial !== undefined && model.generator !== undefined;
  const drawn = isGame ? drawnMetrics.filter(({ needs }) => inputsFromSamples[needs]!(data)) : [];
  const others = own.filter((metric) => usual.every((one) => one.metric !== metric));
  return [...usual, ...[...drawn, ...others].map((metric) => ({ metric, options: {}, items: drawnItems }))];
}

/** A metric that could not be measured, and why. */
export interface Refusal {
  /** Name of the metric, with the direction for translation models. */
  readonly label: string;
  readonly reason: string;
  readonly hint?: string;
}

/**
 * Makes measurements one after the other; a metric that the model or the data do not support does not affect the
 * others.
 * @param tell Called before each measurement and with each result.
 * @throws InterruptedError when the work is stopped. Other errors of zaya are returned as refusals.
 */
export async function measureEach(
  subject: Subject,
  measurements: readonly Measurement[],
  tell: { readonly before?: (metric: Metric) => void; readonly after?: (result: Evaluation) => Promise<unknown> } = {},
): Promise<{ readonly results: readonly Evaluation[]; readonly refused: readonly Refusal[] }> {
  const evaluators = new Map<number, ReturnType<typeof evaluator>>();
  const within = (items: number) => {
    const known = evaluators.get(items) ?? evaluator({ ...subject, data: subsample(subject.data, items) });
    evaluators.set(items, known);
    return known;
  };
  const results: Evaluation[] = [];
  const refused: Refusal[] = [];
  for (const { metric, options, items = Infinity } of measurements) {
    tell.before?.(metric);
    let result: Evaluation;
    try {
      result = await within(items)(metric, options);
    } catch (error) {
      // Any other error counts as a refusal; only an interruption ends all measurements.
      if (!(error instanceof ZayaError) || error instanceof InterruptedError) throw error;
      refused.push({
        label: metricLabel(metric.name, options.direction as Direction | undefined),
        reason: error.message,
        ...(error.hint !== undefined && { hint: error.hint }),
      });
      continue;
    }
    results.push(result);
    await tell.after?.(result);
  }
  return { results, refused };
}

/**
 * Makes the measurements of a run's end, with the random draws of the run's seed; each result is stored as soon as it
 * is available.
 */
export function measureAtEnd(
  trained: TrainedModel,
  split: DataSplit,
  seed: Key,
  keep: (result: Evaluation) => Promise<unknown>,
  own: readonly Metric[] = [],
): ReturnType<typeof measureEach> {
  const { model } = trained;
  const { train: training, test } = split;
  const data = model.translators === undefined ? test : subsample(test, followed);
  const subject = { trained, data, part: "test", key: fold(seed, "evaluate"), training };
  return measureEach(subject, endMeasurements(model, split, own), { after: keep });
}

/**
 * Plain numbers of results by name: each metric's value, its details, its standard error and number of items; for
 * several results, everything but the value is prefixed with the metric's name, `NAME/stderr`.
 */
export function numbersOf(results: readonly Evaluation[]): Record<string, number> {
  const entries = results.flatMap(({ quantity, value, stderr, n, details }): [string, unknown][] => {
    const nameOf = (detail: string) => (results.length > 1 ? metricDetail.name({ metric: quantity, detail }) : detail);
    const further = Object.entries({ ...details, stderr, n });
    return [[quantity, value], ...further.map(([name, detail]): [string, unknown] => [nameOf(name), detail])];
  });
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

/** What a result was measured on, and the seed of its random draws. */
export interface Measured {
  readonly step: number;
  readonly seed: number;
  readonly weights: Weights | null;
}

/** Path of a result in its run: one file per protocol. */
export function evaluationFile({ metric, protocol }: Evaluation, { step, seed, weights }: Measured): string {
  const { options, part, n, fingerprint, features } = protocol;
  const hash = features?.id.split("@").at(-1);
  const unusual = weights === "last" && { weights };
  const entries = Object.entries({
    ...options,
    part,
    n,
    data: fingerprint,
    ...(hash && { features: hash }),
    step,
    seed,
    ...unusual,
  });
  return `eval/${metric}@${entries.map(([name, value]) => `${name}=${String(value)}`).join(",")}.json`;
}
