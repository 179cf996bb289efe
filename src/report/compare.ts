import { DataError, OptionError, RunError } from "../base/errors.ts";
import { metrics } from "../metrics/index.ts";
import type { Curve, Series } from "../plot/chart.ts";
import type { RunConfig } from "../run/config.ts";
import { type DataRecord, readDataRecord } from "../run/data-record.ts";
import { type KeptEvaluation, readEvaluations } from "../evaluation/evaluation-files.ts";
import { curvesOf } from "./run-curves.ts";
import { inRun } from "../run/in-run.ts";
import type { Store } from "../base/store.ts";
import type { MetricLine } from "../run/metric-lines.ts";
import type { Run } from "../run/run.ts";

/** A run in a comparison, with its own name and results. */
export interface ComparedRun {
  readonly name: string;
  readonly run: Run;
  readonly data: DataRecord;
  readonly metrics: readonly MetricLine[];
  readonly results: readonly KeptEvaluation[];
  /** Result files that could not be read. */
  readonly leftOut: readonly string[];
}

/** One measurement that was made on several runs in the same way. */
export interface ComparedMetric extends Pick<
  KeptEvaluation,
  "metric" | "quantity" | "unit" | "perfect" | "protocol" | "weights"
> {
  /** One result per run, in order; null for a run that was not measured in this way. */
  readonly cells: readonly (KeptEvaluation | null)[];
}

/** An entry of the config in which runs differ; null for a run whose recipe has no such option. */
export interface Difference {
  readonly name: string;
  readonly values: readonly (string | null)[];
}

/**
 * Reads the results of runs for a comparison.
 * @throws OptionError for fewer than two runs. @throws RunError for a run that has not saved anything.
 */
export async function gatherRuns(
  runs: readonly { readonly name: string; readonly run: Run }[],
): Promise<ComparedRun[]> {
  if (runs.length < 2) {
    throw new OptionError(
      `compare needs at least two runs - got ${runs.length}`,
      "pass the folders of two or more runs",
    );
  }
  return Promise.all(
    runs.map(async ({ name, run }) => {
      const found = await inRun(name, () =>
        Promise.all([requireDataRecord(run.store, name), run.metrics(), readEvaluations(run.store)]),
      );
      const [data, metrics, { results, leftOut: others }] = found;
      const leftOut = run.missingLines === null ? others : [run.missingLines, ...others];
      return { name, run, data, metrics, results, leftOut };
    }),
  );
}

async function requireDataRecord(store: Store, name: string): Promise<DataRecord> {
  const data = await readDataRecord(store);
  if (data !== null) return data;
  throw new RunError(
    `the run ${name} has no checkpoint`,
    "no checkpoint has been saved yet; continue: zaya resume RUN",
  );
}

/** Whether all runs were trained and tested on the same items. */
export function sameData(runs: readonly ComparedRun[]): boolean {
  return new Set(runs.map(({ data }) => `${data.train.fingerprint} ${data.test.fingerprint}`)).size === 1;
}

/** @throws DataError unless all runs were trained and tested on the same items. */
export function requireOneData(runs: readonly ComparedRun[]): void {
  if (sameData(runs)) return;
  const texts = runs.map(
    ({ name, data: { name: data, train, test } }) =>
      `${name} on ${data} (train ${train.size}, ${train.fingerprint}; test ${test.size}, ${test.fingerprint})`,
  );
  throw new DataError(
    `the runs must have the same data - got ${texts.join(", ")}`,
    "to compare them anyway, add --different-data",
  );
}

/**
 * The runs' newest results, in the order of all metrics; those measured in the same way share a row. EMA parameters and
 * those of the last step have separate rows; a run without EMA appears in both.
 */
export function compareMetrics(runs: readonly ComparedRun[]): ComparedMetric[] {
  const all = runs.flatMap(({ results }) => results);
  // Custom metrics come last.
  const order = ({ metric }: KeptEvaluation) => [...metrics.map(({ name }) => name), metric].indexOf(metric);
  const ways = new Set(all.toSorted((a, b) => order(a) - order(b)).map(wayOf));
  return [...ways].flatMap((way) => {
    const alike = runs.map(({ results }) => results.filter((result) => wayOf(result) === way));
    const sorts = new Set(alike.flat().flatMap(({ weights }) => weights ?? []));
    return (sorts.size === 0 ? [null] : [...sorts]).map((sort) => {
      const cells = alike.map((results) =>
        newest(results.filter(({ weights }) => weights === null || weights === sort)),
      );
      const { metric, quantity, unit, perfect, protocol } = cells.find((cell) => cell !== null)!;
      return { metric, quantity, unit, perfect, protocol, weights: sort, cells };
    });
  });
}

function wayOf({ metric, protocol }: KeptEvaluation): string {
  return JSON.stringify([metric, protocol]);
}

function newest(results: readonly KeptEvaluation[]): KeptEvaluation | null {
  return results.toSorted((a, b) => a.step - b.step).at(-1) ?? null;
}

/** Entries of the configs that differ between the runs. */
export function configDifferences(runs: readonly ComparedRun[]): Difference[] {
  const configs = runs.map(({ run: { config } }) => new Map(entriesOf(config)));
  const names = [...new Set(configs.flatMap((config) => [...config.keys()]))];
  return names
    .map((name) => ({ name, values: configs.map((config) => config.get(name) ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** A config's entries by path, as text. */
function entriesOf({ recipe, device, lengthened = [], ...sections }: RunConfig): [string, string][] {
  const inner = Object.entries(sections).flatMap(([section, entries]) =>
    Object.entries(entries ?? {}).map(([name, value]): [string, string] => [`${section}.${name}`, String(value)]),
  );
  const lengths = lengthened.map(({ at, from, to }) => `${from} to ${to} steps after ${at}`);
  return [["recipe", recipe], ...inner, ["device", device], ["lengthened", lengths.join(", ") || "no"]];
}

/** The curves of all runs in common charts, one line per run and split, without those of single latents and modes. */
export function commonCurves(runs: readonly ComparedRun[]): Curve[] {
  const charts = new Map<string, Series[]>();
  for (const { name, metrics } of runs) {
    for (const { title, series } of curvesOf(metrics.filter((line) => !/\/\d+$/.test(line.name)))) {
      const lines = series.map((line) => ({ ...line, name: `${name}, ${line.name}` }));
      charts.set(title, [...(charts.get(title) ?? []), ...lines]);
    }
  }
  return [...charts].map(([title, series]) => ({ title, unit: "", series }));
}
