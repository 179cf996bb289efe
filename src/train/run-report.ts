import { describeOptions } from "../base/options.ts";
import type { Dataset } from "../data/index.ts";
import { models } from "../models/index.ts";
import { sourceTitle, trainOptions, usualTraining } from "./config.ts";
import type { Diagnosis } from "./diagnosis/diagnose.ts";
import type { Evaluation } from "./evaluate.ts";
import { latentsByKl } from "./latent-pictures.ts";
import { type ConfigEntry, type ReportFacts, renderReport } from "./report.ts";
import { curvesOf, imagesSeen, partLabel, stripsOf } from "./run-curves.ts";
import { filmCaption, filmsOf, picturesOf } from "./run-pictures.ts";
import type { MetricLine, Run, RunRecord } from "./run.ts";
import type { Weights } from "./weights.ts";
import type { TrainedModel } from "./trained.ts";

/** Writes report.html of a run in the given state, and the pictures that are made only for it under pictures/, from what the run has left. */
export async function writeReport(
  run: Run,
  state: RunRecord,
  trained: TrainedModel,
  test: Dataset,
  results: readonly Evaluation[],
  diagnosis: Diagnosis,
  weights: Weights | null,
): Promise<void> {
  const metrics = await run.metrics();
  const facts: ReportFacts = {
    title: `${run.config.recipe} on ${sourceTitle(run.config.data)}`,
    status: [state.status, state.reason].filter(Boolean).join(": "),
    summary: summaryOf(run, state, metrics, weights),
    config: configOf(run, test.kind),
    curves: curvesOf(metrics, test),
    bars: barsOf(results, test),
    strips: stripsOf(metrics, test),
    films: await filmsOf(run, "Samples over training", filmCaption(trained.model, test)),
    pictures: await picturesOf(run, trained, test, results),
    results,
    diagnosis,
  };
  await run.store.write("report.html", new TextEncoder().encode(renderReport(facts)));
}

function summaryOf(
  { config }: Run,
  state: RunRecord,
  metrics: readonly MetricLine[],
  weights: Weights | null,
): [string, string][] {
  // Results and pictures at the end are by these, films by those of each step.
  const judged: [string, string][] = weights === "ema" ? [["judged by", "averaged parameters"]] : [];
  return [
    ["steps", `${state.step} of ${config.train.steps}`],
    ["items seen", String(imagesSeen(metrics))],
    ...judged,
    ["training time", `${state.seconds.toFixed(1)} s`],
    ["device", config.device],
    ["seed", String(config.train.seed)],
    ["started", state.started],
    ...Object.entries(state.versions),
  ];
}

function configOf({ config }: Run, kind: Dataset["kind"]): ConfigEntry[] {
  const definition = models.find(({ name }) => name === config.recipe)!;
  const initial = new Map(
    [...describeOptions(definition.options), ...describeOptions(trainOptions)].map((option) => [
      option.name,
      option.initial,
    ]),
  );
  const entries = Object.entries({ ...config.model, ...config.train });
  return entries.map(([name, value]) => {
    const standard = (usualTraining(definition, kind) as Record<string, unknown>)[name] ?? initial.get(name);
    return { name, value: String(value), isDefault: standard === undefined || String(standard) === String(value) };
  });
}

function barsOf(results: readonly Evaluation[], names: Dataset): ReportFacts["bars"] {
  return results.flatMap(({ label, unit, details }) =>
    Object.entries(details).flatMap(([name, detail]) => {
      if (typeof detail === "number") return [];
      const values = latentsByKl(detail).map((at) => ({
        label: partLabel(name, String(at), names),
        value: detail[at]!,
      }));
      return [{ title: `${label}: ${name}, largest first`, unit, values }];
    }),
  );
}
