import { key } from "../base/random.ts";
import { diagnoseModel } from "../diagnosis/diagnose.ts";
import { type Evaluation, measureAtEnd } from "../evaluation/evaluate.ts";
import { keepEvaluation } from "../evaluation/evaluation-files.ts";
import { reportFile, writeReport } from "../report/run-report.ts";
import type { Plan } from "../run/plan.ts";
import type { Run } from "../run/run.ts";
import { type Weights, hasEma, inferenceState } from "../run/weights.ts";
import { aboutExport, exportModel } from "../trained/export.ts";
import { TrainedModel } from "../trained/trained.ts";
import { directionsOf } from "../trained/ways.ts";
import type { TrainEvent } from "./events.ts";
import type { RunObserver } from "./run-observer.ts";
import type { RunSettings } from "./run-settings.ts";
import type { Last } from "./training.ts";

/**
 * The end of a run, after its last step is saved: evaluation, export, diagnosis and report, with EMA parameters if the
 * run keeps them. The run is recorded as done only after everything is written; a run that is killed here repeats its
 * end.
 * @throws InterruptedError when the signal aborts.
 */
export async function* finishRun(
  run: Run,
  { model, data, engine }: Plan,
  { layouts, state: values }: Last,
  observer: RunObserver,
  { signal, metrics }: Pick<RunSettings, "signal" | "metrics">,
): AsyncGenerator<TrainEvent, void> {
  const { steps, seed } = run.config.train;
  const weights: Weights | null = hasEma(Object.keys(values)) ? "ema" : null;
  const state = engine.createState(inferenceState(values, weights ?? "last"));
  const stopped = () => signal?.aborted === true;
  const trained = new TrainedModel(model, layouts, engine, state, { step: steps, steps }, null, stopped);
  try {
    yield { type: "phase", phase: "evaluate" };
    const keep = (result: Evaluation) => keepEvaluation(run.store, { ...result, step: steps, seed, weights });
    const { results, refused } = await measureAtEnd(trained, data, key(seed), keep, metrics);
    yield { type: "evaluated", step: steps, results };
    yield { type: "phase", phase: "export" };
    await exportModel(trained, data.test, run.store, key(seed), await aboutExport(run, model, steps, weights));
    yield { type: "phase", phase: "report" };
    trained.requireGoingOn();
    const diagnosis = await diagnoseModel(observer.history, trained, steps, seed);
    yield* observer.tell(steps, diagnosis.findings);
    const { seconds } = run.state;
    const done = { status: "done", step: steps } as const;
    const measured = { results, step: steps, weights };
    await writeReport(run, { state: { ...run.state, ...done }, model, trained, test: data.test, measured, diagnosis });
    yield { type: "reported", file: reportFile };
    await run.record(done);
    const test = Object.fromEntries(results.map((entry) => [entry.label, entry]));
    const makes = model.generator !== undefined ? "items" : model.translators !== undefined ? "translations" : null;
    yield {
      type: "done",
      result: { steps, seconds, makes, ways: directionsOf(model), test, refused, warnings: observer.warnings },
    };
  } finally {
    // Closed before the sessions: a GPU device is released with its last session, after which its buffers could not be freed.
    state.dispose();
    await trained.release();
  }
}
