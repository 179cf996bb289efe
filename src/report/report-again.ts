import { key } from "../base/random.ts";
import { type DataSplit, subsample } from "../data/index.ts";
import type { Engine } from "../runtime/index.ts";
import { listCheckpoints } from "../run/checkpoint.ts";
import type { OwnChecks } from "../diagnosis/own-checks.ts";
import { metrics } from "../metrics/index.ts";
import { RunHistory } from "../diagnosis/run-history.ts";
import { diagnoseHistory, diagnoseModel } from "../diagnosis/diagnose.ts";
import { type Evaluation, endMeasurements, followed, measureDefaults } from "../evaluation/evaluate.ts";
import { type KeptEvaluation, readEvaluations } from "../evaluation/evaluation-files.ts";
import { type OpenedModel, openTrained } from "../trained/open-trained.ts";
import { buildModel, infoOf } from "../run/plan.ts";
import { type Reported, writeReport } from "./run-report.ts";
import type { Run } from "../run/run.ts";

/** Missing or damaged files of the run. */
export interface ReportGaps {
  /** Files that are not part of the report, each with the reason. */
  readonly leftOut: readonly string[];
  /** Files replaced by a copy, each with its replacement. */
  readonly recovered: readonly string[];
}

/**
 * Rewrites report.html of a run: with its final results if it is done, otherwise with pictures and results of its
 * newest checkpoint. A run in training is not affected.
 * @param own Further symptoms to check.
 */
export async function reportAgain(
  run: Run,
  data: DataSplit,
  engine: Engine,
  own: Pick<OwnChecks, "symptoms"> = {},
): Promise<ReportGaps> {
  const { results: kept, leftOut } = await readEvaluations(run.store);
  const opened = (await listCheckpoints(run.store)).length === 0 ? null : await openTrained(run, engine);
  try {
    await writeReport(run, await reportedOf(run, data, opened, kept, own));
    const gaps = run.missingLines === null ? leftOut : [run.missingLines, ...leftOut];
    return { leftOut: gaps, recovered: opened?.recovered ?? run.recovered };
  } finally {
    await opened?.close();
  }
}

async function reportedOf(
  run: Run,
  data: DataSplit,
  opened: OpenedModel | null,
  kept: readonly KeptEvaluation[],
  own: Pick<OwnChecks, "symptoms">,
): Promise<Reported> {
  const { config } = run;
  const lines = await run.metrics();
  const step = Math.max(run.state.step, lines.at(-1)?.step ?? 0);
  const state = { ...run.state, step };
  const { test } = data;
  if (opened === null) {
    const model = buildModel(run.configured, await infoOf(data));
    const history = new RunHistory(config, model, data, lines, own);
    const diagnosis = await diagnoseHistory(history, step);
    return { state, model, trained: null, test, measured: null, diagnosis };
  }
  const { trained } = opened;
  const upTo = lines.filter((line) => line.step <= opened.step);
  const history = new RunHistory(config, trained.model, data, upTo, own);
  const diagnosis = await diagnoseModel(history, trained, opened.step, config.train.seed);
  const measured = { results: await resultsOf(run, data, opened, kept), step: opened.step, weights: opened.weights };
  return { state, model: trained.model, trained, test, measured, diagnosis };
}

/** Stored results of the checkpoint, or those that can be measured quickly. */
async function resultsOf(
  run: Run,
  { train, test }: DataSplit,
  { trained, step, weights }: OpenedModel,
  all: readonly KeptEvaluation[],
): Promise<Evaluation[]> {
  const names = endMeasurements(trained.model, { train, test }).map(({ metric }) => metric.name);
  const kept = all.filter(
    (result) =>
      result.step === step &&
      result.weights === weights &&
      // An unknown metric is a custom one.
      (names.includes(result.metric) || !metrics.some(({ name }) => name === result.metric)) &&
      result.seed === run.config.train.seed,
  );
  if (kept.length > 0) return kept;
  if (trained.model.translators !== undefined) return [];
  return measureDefaults(trained, subsample(test, followed), "test", key(run.config.train.seed));
}
