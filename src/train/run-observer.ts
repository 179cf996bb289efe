import type { Clock } from "../base/clock.ts";
import { DivergedError } from "../base/errors.ts";
import { type Key, key } from "../base/random.ts";
import { type DataSplit, type Dataset, subsample } from "../data/index.ts";
import type { OwnChecks } from "../diagnosis/own-checks.ts";
import { RunHistory } from "../diagnosis/run-history.ts";
import type { Finding } from "../diagnosis/symptom.ts";
import { SymptomMonitor } from "../diagnosis/symptom-monitor.ts";
import { type Evaluation, followed, measureDefaults, defaultMeasurements } from "../evaluation/evaluate.ts";
import type { Model } from "../models/index.ts";
import { LiveReport } from "../report/live-report.ts";
import { reportFile } from "../report/run-report.ts";
import { samplePicture, writeReals } from "../report/sample-pictures.ts";
import type { Plan } from "../run/plan.ts";
import type { Run, Warning } from "../run/run.ts";
import { scheduleStages } from "../step/stages.ts";
import type { TrainedModel } from "../trained/trained.ts";
import type { TrainEvent } from "./events.ts";
import { RunLog } from "./run-log.ts";
import { recordedSamples } from "./sample-record.ts";
import type { SessionStart } from "./start-session.ts";

/** Logs, evaluations, pictures, warnings and reports of a run during training. */
export class RunObserver {
  readonly history: RunHistory;
  readonly log: RunLog;
  private readonly monitor: SymptomMonitor;
  private readonly report: LiveReport;
  private readonly model: Model;
  private readonly data: DataSplit;
  private readonly seed: Key;

  constructor(
    private readonly run: Run,
    { config, model, data }: Plan,
    { step, lines }: SessionStart,
    clock: Clock,
    private readonly own: OwnChecks,
  ) {
    this.model = model;
    this.data = data;
    this.seed = key(config.train.seed);
    this.history = new RunHistory(config, model, data, lines, own);
    const earlier = run.state.warnings?.filter((warning) => warning.step <= step) ?? [];
    this.monitor = new SymptomMonitor(this.history, config.train.steps, earlier);
    this.log = new RunLog(run, this.history, scheduleStages(model, config.train.steps));
    this.report = new LiveReport(run, model, data.test, this.history, clock);
  }

  /** All warnings so far, over all sessions. */
  get warnings(): readonly Warning[] {
    return this.monitor.warnings;
  }

  /** A grid of training items, for comparison with sample grids. */
  reals(): Promise<void> {
    return writeReals(this.run.store, this.data.train);
  }

  /** Logs a health check of the nets, and warns of new symptoms. */
  async *health(
    step: number,
    seconds: number,
    numbers: Readonly<Record<string, number>>,
  ): AsyncGenerator<TrainEvent, void> {
    this.log.numbers(step, seconds, "train", numbers);
    yield* this.warn(await this.monitor.check(step));
  }

  /** Writes a sample grid, and logs what is measured on the samples. */
  async *picture(step: number, seconds: number, trained: TrainedModel): AsyncGenerator<TrainEvent, void> {
    const file = await samplePicture(this.run.store, trained, this.data.test, step, this.seed);
    if (file !== null) yield { type: "picture", file };
    const known = await recordedSamples(trained, this.data, this.history, step, this.seed);
    this.log.numbers(step, seconds, "test", known);
  }

  /** Evaluates some held-out items and as many training items with the same metrics; the difference is overfitting. */
  async *follow(step: number, seconds: number, trained: TrainedModel): AsyncGenerator<TrainEvent, void> {
    const results: Evaluation[] = [];
    for (const part of ["test", "train"] as const) {
      if (!this.follows(this.data[part])) continue;
      const found = await measureDefaults(
        trained,
        subsample(this.data[part], followed),
        part,
        this.seed,
        this.own.metrics,
      );
      for (const result of found) this.log.evaluation(step, seconds, part, result);
      if (part === "test") for (const one of found) results.push(one);
    }
    if (results.length === 0) return;
    this.report.measured = { results, step, weights: null };
    yield { type: "evaluated", step, results };
  }

  /** Image-to-image models take too long and are evaluated at the end only. */
  follows(data: Dataset): boolean {
    return this.model.translators === undefined && defaultMeasurements(this.model, data, this.own.metrics).length > 0;
  }

  /** @param trained The model for pictures, if there is time for them. */
  async *reported(step: number, trained: TrainedModel | null): AsyncGenerator<TrainEvent, void> {
    await this.report.write(step, trained);
    yield { type: "reported", file: reportFile };
  }

  /** Records warnings before reporting them. */
  private async *warn(warnings: readonly Warning[]): AsyncGenerator<TrainEvent, void> {
    if (warnings.length > 0) await this.run.record({ warnings: this.monitor.warnings });
    for (const warning of warnings) yield { type: "warning", ...warning };
  }

  /** Whether another report would take only a small part of this session's time. */
  reportFits(elapsed: number): boolean {
    return this.report.fits(elapsed);
  }

  /** Warns of findings that have not been reported yet. */
  tell(step: number, findings: readonly Finding[]): AsyncGenerator<TrainEvent, void> {
    return this.warn(this.monitor.tell(step, findings));
  }

  /** A resumed run repeats the end of training from its beginning, so none of it is saved. */
  async *interrupted(): AsyncGenerator<TrainEvent, void> {
    const { steps } = this.run.config.train;
    await this.run.record({ status: "interrupted" });
    await this.report.write(steps, null);
    yield { type: "interrupted", step: steps, warnings: this.warnings };
  }

  /** Records why a run failed. */
  async failed(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const step = error instanceof DivergedError ? error.step : this.run.state.step;
    const status = error instanceof DivergedError ? "diverged" : "failed";
    // If the disk failed, these writes fail as well; the first error is the one to report.
    await this.run
      .flush()
      .then(() => this.run.record({ status, reason, step }))
      .then(() => this.report.write(step, null))
      .catch(() => undefined);
  }
}
