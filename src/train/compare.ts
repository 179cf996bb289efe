import { DataError, OptionError, RunError } from "../base/errors.ts";
import type { Store } from "../base/store.ts";
import { type DataRecord, readDataRecord } from "./data-record.ts";
import { type KeptEvaluation, readEvaluations } from "./evaluate.ts";
import { imagesSeen } from "./run-curves.ts";
import type { MetricLine, Run, RunStatus } from "./run.ts";

/** A run that stands beside others, under a name of its own. */
export interface ComparedRun {
  readonly name: string;
  readonly run: Run;
  readonly data: DataRecord;
  readonly metrics: readonly MetricLine[];
}

/** How far a run has come, and at which cost. */
export interface RunFacts {
  readonly run: string;
  readonly recipe: string;
  readonly data: string;
  readonly status: RunStatus;
  readonly step: number;
  readonly images: number;
  readonly seconds: number;
}

/** One measurement, done to several runs in the same way. */
export interface ComparedMetric {
  readonly metric: string;
  readonly unit: string;
  /** Items measured. */
  readonly n: number;
  readonly part: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What a perfect model would get. */
  readonly perfect: string;
  /** By run, in their order; null where a run has not been measured in this way. */
  readonly cells: readonly (MeasuredCell | null)[];
}

export interface MeasuredCell {
  readonly value: number;
  readonly stderr: number;
  /** Of the checkpoint that was measured. */
  readonly step: number;
}

/** An entry of the config in which runs differ; null where a run's recipe has no such option. */
export interface Difference {
  readonly name: string;
  readonly values: readonly (string | null)[];
}

export interface Comparison {
  readonly runs: readonly RunFacts[];
  readonly metrics: readonly ComparedMetric[];
  readonly differences: readonly Difference[];
}

/**
 * Reads what runs have left, to stand beside each other.
 * @throws OptionError for fewer than two runs, or one given twice. @throws RunError for a run that has saved nothing yet.
 * @throws DataError for runs of different data, unless they may differ.
 */
export async function gatherRuns(
  given: readonly { readonly name: string; readonly run: Run }[],
  differentData: boolean,
): Promise<ComparedRun[]> {
  const runs = await Promise.all(
    given.map(async ({ name, run }) => ({
      name,
      run,
      data: await dataOf(name, run.store),
      metrics: await run.metrics(),
    })),
  );
  if (!differentData) requireOneData(runs);
  return runs;
}
