import { describeOptions } from "../base/options.ts";
import type { Dataset } from "../data/index.ts";
import type { Model } from "../models/index.ts";
import { sourceTitle, trainOptions, trainingDefaults } from "../run/config.ts";
import type { Diagnosis } from "../diagnosis/diagnose.ts";
import type { Evaluation } from "../evaluation/evaluate.ts";
import { latentsByKl } from "./latent-pictures.ts";
import { type ConfigEntry, type ReportFacts, renderReport } from "./report.ts";
import { curvesOf, imagesSeen, partLabel, stripsOf } from "./run-curves.ts";
import { filmCaption, filmsOf, picturesOf } from "./run-pictures.ts";
import type { MetricLine } from "../run/metric-lines.ts";
import type { Run, RunRecord } from "../run/run.ts";
import type { Weights } from "../run/weights.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Contents of a report beyond what the run has stored. */
export interface Reported {
  readonly state: RunRecord;
  readonly model: Model;
  /** The current model, for pictures; null if there is no time for them, or no such model. */
  readonly trained: TrainedModel | null;
  readonly test: Dataset;
  readonly measured: {
    readonly results: readonly Evaluation[];
    readonly step: number;
    readonly weights: Weights | null;
  } | null;
  readonly diagnosis: Diagnosis;
}

/** Name of a run's report. */
export const reportFile = "report.html";

/** Writes report.html of a run in any state, and the pictures made only for it under pictures/. */
export async function writeReport(run: Run, reported: Reported): Promise<void> {
  const { state, model, trained, test, measured, diagnosis } = reported;
  const metrics = await run.metrics();
  const results = measured?.results ?? [];
  const facts: ReportFacts = {
    title: `${run.config.recipe} on ${sourceTitle(run.config.data)}`,
    status: [state.status, state.reason].filter(Boolean).join(": "),
    summary: summaryOf(run, reported, metrics),
    config: configOf(run, test.kind),
    curves: curvesOf(metrics, test),
    bars: barsOf(results, test),
    strips: stripsOf(metrics, test),
    films: await filmsOf(run, "Samples over training", filmCaption(model, test)),
    pictures: trained === null ? [] : await picturesOf(run, trained, test, results),
    results,
    diagnosis,
  };
  await run.store.write(reportFile, new TextEncoder().encode(renderReport(facts)));
}

function summaryOf({ config }: Run, { state, measured }: Reported, metrics: readonly MetricLine[]): [string, string][] {
  // Final results and pictures use these parameters, films those of each step.
  const remarks: [string, string][] = measured?.weights === "ema" ? [["evaluated with", "EMA parameters"]] : [];
  const at = measured?.step ?? state.step;
  if (at !== state.step && measured!.results.length > 0) remarks.push(["results of step", String(at)]);
  return [
    ["steps", `${state.step} of ${config.train.steps}`],
    ["items seen", String(imagesSeen(metrics))],
    ...remarks,
    ["training time", `${state.seconds.toFixed(1)} s`],
    ["device", config.device],
    ["seed", String(config.train.seed)],
    ["started", `${state.started.slice(0, 19).replace("T", " ")} UTC`],
    ...Object.entries(state.versions),
  ];
}

function configOf({ config, recipe: definition }: Run, kind: Dataset["kind"]): ConfigEntry[] {
  const entries = Object.entries({ ...config.model, ...config.train });
  const initial = new Map(
    [...describeOptions(definition.options), ...describeOptions(trainOptions)].map((option) => [
      option.name,
      option.initial,
    ]),
  );
  return entries.map(([name, value]) => {
    const standard = (trainingDefaults(definition, kind) as Record<string, unknown>)[name] ?? initial.get(name);
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
