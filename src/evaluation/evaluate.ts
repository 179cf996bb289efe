import { DataError, ZayaError } from "../base/errors.ts";
import { sizeOf } from "../base/ndarray.ts";
import { parseOptions } from "../base/options.ts";
import { type Key, fold } from "../base/random.ts";
import { metricDetail, metricLabel } from "../base/scalar-names.ts";
import { type DataSplit, type Dataset, hasSides, some } from "../data/index.ts";
import { type MetricInputs, type InputKind, type Metric, type MetricResult, metrics, z95 } from "../metrics/index.ts";
import type { Direction, Model } from "../models/index.ts";
import { type Gathered, Gathering, type Subject } from "./metric-inputs.ts";
import type { SampleFacts } from "./sample-inputs.ts";
import { InterruptedError, type TrainedModel } from "../trained/trained.ts";
import { directionsOf, endsOf } from "../trained/ways.ts";
import type { Weights } from "../run/weights.ts";

/** What the numbers of a result were measured on. */
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
  /** The metric, and the way where it is of one of several: `pair-error/BtoA`. */
  readonly label: string;
  /** What the value is called among the numbers of a run. */
  readonly quantity: string;
  /** Ends of the 95 % confidence interval; NaN where it is not known. */
  readonly interval: readonly [low: number, high: number];
  /** The value of real items in place of samples, as many as there are: what a perfect model gets. */
  readonly floor?: number;
  /** How many real items stood in for samples. */
  readonly floorItems?: number;
  /** What else was found of them. */
  readonly floorDetails?: MetricResult["details"];
  /** Why there is no floor where a perfect model would need one: the metric refuses those real items. */
  readonly floorRefusal?: string;
  readonly perfect: string;
  readonly protocol: Protocol;
}

/** Measures one metric after another on a model and its data, gathering shared inputs once. */
export type Evaluator = <Kind extends InputKind, Options>(
  metric: Metric<Kind, Options>,
  options?: NoInfer<Options>,
) => Promise<Evaluation>;

/**
 * Measures one subject by any number of metrics; what they share is gathered once.
 * @throws OptionError for options that are not valid. @throws DataError when the model or its data cannot be measured so.
 */
export function evaluator(subject: Subject): Evaluator {
  const gathering = new Gathering(subject);
  return async (own, rawOptions) => {
    // MetricInputs is gathered by the kind that the metric needs: here no kind is another.
    const metric = own as unknown as Metric;
    const options = parseOptions(metric.options, rawOptions ?? {}, metric.name);
    const { inputs, real, facts } = await gathering.gather(metric.needs, options, metric.name);
    const result = metric.measure(inputs, options);
    if (!Number.isFinite(result.value)) {
      throw new DataError(
        `${metric.name}: the value must be a finite number - got ${result.value}`,
        "check the samples and losses of the run: it may have diverged",
      );
    }
    const floor = floorOf(metric, real, options);
    const { value, stderr, interval = [value - z95 * stderr, value + z95 * stderr] } = result;
    const { data, part } = subject;
    const direction = options.direction as Direction | undefined;
    // Of two domains a way starts in one.
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

/** Nothing where no real items can stand in for samples; too few of them for the metric are no reason to keep the value back. */
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

/** Measures a trained model on one part of its data. @throws OptionError for options that are not valid. */
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

/** MetricInputs that is cheap enough to be always gathered, and of which models on which data. */
const usualInputs: Partial<Record<InputKind, (model: Model, data: Dataset) => boolean>> = {
  bound: ({ likelihood }) => likelihood !== undefined,
  predictions: ({ classifier }) => classifier !== undefined,
  translations: ({ translators }, { sides }) => translators !== undefined && sides?.aligned === true,
  cycles: (model, { sides }) => directionsOf(model).length > 1 && sides !== undefined,
};

/** The metrics that training ends with, of one model or another. */
export const endMetrics: readonly Metric[] = metrics.filter(({ needs }) => usualInputs[needs] !== undefined);

/** A metric, and how it is measured. */
export interface Measurement {
  readonly metric: Metric;
  readonly options: Readonly<Record<string, unknown>>;
  /** Items that it is measured on at most, where all would take long. */
  readonly items?: number;
}

/** Those that a model is followed by on such data; of one between domains, for each of its ways. */
export function usualMeasurements(model: Model, data: Dataset): Measurement[] {
  const usual = endMetrics.filter(({ needs }) => usualInputs[needs]!(model, data));
  const ways = directionsOf(model);
  const each = ways.length === 0 ? [{}] : ways.map((direction) => ({ direction }));
  return each.flatMap((options) => usual.map((metric) => ({ metric, options })));
}

/** Items of either part on which a run is followed while it trains, and images that are translated at its end. */
export const followed = 1000;

/** Measures what training ends with, with the draws of a run of this seed. */
export async function measureUsual(
  trained: TrainedModel,
  data: Dataset,
  part: string,
  seed: Key,
): Promise<Evaluation[]> {
  const measure = evaluator({ trained, data, part, key: fold(seed, "evaluate") });
  // One after the other: none is at work when another is interrupted, and what they use is released.
  const results: Evaluation[] = [];
  for (const { metric, options } of usualMeasurements(trained.model, data))
    results.push(await measure(metric, options));
  return results;
}

/** Metrics of drawn items that training ends with where the data give all that they need, in the order in which they are told. */
export const drawnMetrics = metrics.filter(({ atEnd }) => atEnd === true);

/** Numbers in the training items among which the nearest is looked for at the end of training, at most. */
const maxSearched = 50_000_000;
const isPoints = ({ test }: DataSplit) => test.kind === "points";
const isImages = ({ test }: DataSplit) => test.kind === "image";

/** Which data give such inputs of drawn items by themselves, and soon. */
const inputsFromSamples: Partial<Record<InputKind, (data: DataSplit) => boolean>> = {
  modes: ({ test: { modes: declared } }) => declared?.kind === "centers",
  features: isPoints,
  neighbours: isPoints,
  samples: isImages,
  vectors: isImages,
  nearest: (data) => isImages(data) && data.train.size * sizeOf(data.train.shape) <= maxSearched,
};

/** Items of either set that drawn ones are compared with at the end of training. */
const drawnItems = 2000;

/** Those that training ends with: what it was followed by, and of a game what is known of its samples. */
export function endMeasurements(model: Model, data: DataSplit): Measurement[] {
  const usual = usualMeasurements(model, data.test);
  if (model.adversarial === undefined || model.generator === undefined) return usual;
  const drawn = drawnMetrics.filter(({ needs }) => inputsFromSamples[needs]!(data));
  return [...usual, ...drawn.map((metric) => ({ metric, options: {}, items: drawnItems }))];
}

/** A metric that could not be measured, and why. */
export interface Refusal {
  /** The metric, and the way where it is of one of several. */
  readonly label: string;
  readonly reason: string;
  readonly hint?: string;
}

/**
 * Measures one after the other; a metric that the model or the data do not allow takes no other down with it.
 * @param tell Is told of each before it is measured, and of each result.
 */
export async function measureEach(
  subject: Subject,
  measurements: readonly Measurement[],
  tell: { readonly before?: (metric: Metric) => void; readonly after?: (result: Evaluation) => Promise<unknown> } = {},
): Promise<{ readonly results: readonly Evaluation[]; readonly refused: readonly Refusal[] }> {
  const evaluators = new Map<number, ReturnType<typeof evaluator>>();
  const within = (items: number) => {
    const known = evaluators.get(items) ?? evaluator({ ...subject, data: some(subject.data, items) });
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
      // Whatever the reason: only an end that was asked for is one of all.
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

/** Measures what training ends with, with the draws of a run of this seed; each result is kept as it comes. */
export function measureAtEnd(
  trained: TrainedModel,
  split: DataSplit,
  seed: Key,
  keep: (result: Evaluation) => Promise<unknown>,
): ReturnType<typeof measureEach> {
  const { model } = trained;
  const { train: training, test } = split;
  const data = model.translators === undefined ? test : some(test, followed);
  const subject = { trained, data, part: "test", key: fold(seed, "evaluate"), training };
  return measureEach(subject, endMeasurements(model, split), { after: keep });
}

/**
 * The plain numbers of results by name: each metric's value, its details, its standard error and count of items; of several
 * results all but the values behind the metric's name, `NAME/stderr`.
 */
export function numbersOf(results: readonly Evaluation[]): Record<string, number> {
  const entries = results.flatMap(({ quantity, value, stderr, n, details }): [string, unknown][] => {
    const nameOf = (detail: string) => (results.length > 1 ? metricDetail.name({ metric: quantity, detail }) : detail);
    const further = Object.entries({ ...details, stderr, n });
    return [[quantity, value], ...further.map(([name, detail]): [string, unknown] => [nameOf(name), detail])];
  });
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

/** What a result was measured of, and with which draws. */
export interface Measured {
  readonly step: number;
  readonly seed: number;
  readonly weights: Weights | null;
}

/** Where a result is kept in a run: one file a protocol. */
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
