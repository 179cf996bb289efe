import { DataError } from "../base/errors.ts";
import { joinRows, ndarray } from "../base/ndarray.ts";
import { parseOptions } from "../base/options.ts";
import { type Key, fold, permutation } from "../base/random.ts";
import type { Dataset } from "../data/index.ts";
import {
  type Evidence,
  type EvidenceKind,
  type Metric,
  type MetricResult,
  factorCodes,
  itemsFor,
  readChanges,
} from "../metrics/index.ts";
import type { TrainedModel } from "./trained.ts";
import type { Weights } from "./weights.ts";

/** What the numbers of a result were measured on. */
export interface Protocol {
  readonly data: string;
  readonly part: string;
  /** SHA-256 of the items measured. */
  readonly fingerprint: string;
  readonly n: number;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Evaluation extends MetricResult {
  /** What the value is called among the numbers of a run. */
  readonly quantity: string;
  readonly perfect: string;
  readonly protocol: Protocol;
}

type Gather<Kind extends EvidenceKind> = (
  trained: TrainedModel,
  data: Dataset,
  part: string,
  key: Key,
  options: Readonly<Record<string, unknown>>,
  metric: string,
) => Promise<Evidence[Kind]>;

const gatherers: { readonly [Kind in EvidenceKind]: Gather<Kind> } = {
  bound: (trained, data, part, key) => trained.bound(data, part, key),
  factors: (trained, data, _part, key, { points }, metric) =>
    gatherFactors(trained, data, key, points as number, metric),
  gradients: gatherGradients,
  logWeights: (trained, data, part, key, { samples }) => trained.logWeights(data, part, key, samples as number),
};

/** Draws of the gradient as the run estimates it, and beside it as other options of its recipe do. */
async function gatherGradients(
  trained: TrainedModel,
  data: Dataset,
  part: string,
  key: Key,
  { net, draws, batch, beside }: Readonly<Record<string, unknown>>,
): Promise<Evidence["gradients"]> {
  const drawn = (model: TrainedModel) =>
    model.gradients(data, part, key, net as string, draws as number, batch as number);
  if (beside === undefined) return { own: await drawn(trained) };
  const other = trained.under(readChanges(beside as string));
  try {
    return { own: await drawn(trained), beside: await drawn(other) };
  } finally {
    await other.release();
  }
}

/** Items encoded in one call. */
const encodedAtOnce = 1000;

/** Codes of random items, as many as so many points ask for, or all. @throws DataError when the data have no factors. */
async function gatherFactors(
  trained: TrainedModel,
  data: Dataset,
  key: Key,
  points: number,
  metric: string,
): Promise<Evidence["factors"]> {
  const { factors } = data;
  if (factors === undefined) {
    throw new DataError(
      `${metric}: the data must have known factors - got ${data.name}, which has none`,
      "train on shapes to measure it: zaya train beta-vae --data shapes",
    );
  }
  const items = permutation(fold(key, "factors"), data.size).slice(0, itemsFor(points));
  const codes = [];
  for (let start = 0; start < items.length; start += encodedAtOnce) {
    codes.push(await trained.encode(data.read(items.slice(start, start + encodedAtOnce))));
  }
  const { names, sizes } = factors;
  const values = Int32Array.from([...items].flatMap((item) => factors.of(item)));
  return factorCodes({
    codes: joinRows(codes),
    values: ndarray("int32", [items.length, names.length], values),
    names,
    sizes,
    key: fold(key, metric),
  });
}

/** Measures a trained model on one part of its data. @throws OptionError for options that are not valid. */
export async function evaluate(
  metric: Metric,
  trained: TrainedModel,
  data: Dataset,
  part: string,
  key: Key,
  rawOptions: Readonly<Record<string, unknown>> = {},
): Promise<Evaluation> {
  const options = parseOptions(metric.options, rawOptions, metric.name);
  const evidence = await gatherers[metric.needs](trained, data, part, key, options, metric.name);
  const result = metric.measure(evidence, options);
  const protocol = { data: data.name, part, fingerprint: data.fingerprint, n: data.size, options };
  return { ...result, quantity: metric.quantity ?? metric.name, perfect: metric.perfect, protocol };
}

/** The plain numbers of results by name: each metric's value, its details, its standard error and count of items. */
export function numbersOf(results: readonly Evaluation[]): Record<string, number> {
  const entries = results.flatMap(({ quantity, value, stderr, n, details }): [string, unknown][] => [
    [quantity, value],
    ...Object.entries(details),
    ["stderr", stderr],
    ["n", n],
  ]);
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
  const { options, part, n, fingerprint } = protocol;
  const unusual = weights === "last" && { weights };
  const entries = Object.entries({ ...options, part, n, data: fingerprint, step, seed, ...unusual });
  return `eval/${metric}@${entries.map(([name, value]) => `${name}=${String(value)}`).join(",")}.json`;
}
