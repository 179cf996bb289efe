import { type Clock, systemClock } from "../base/clock.ts";
import { DivergedError } from "../base/errors.ts";
import { key } from "../base/random.ts";
import { MemoryStore, type Store } from "../base/store.ts";
import { type DataSplit, type Dataset, some } from "../data/index.ts";
import type { ConfiguredModel, Model } from "../models/index.ts";
import { type Arrays, type Engine, type State, requireUpdates } from "../runtime/index.ts";
import { BestCheckpoint } from "../run/best-checkpoint.ts";
import { type CheckpointFacts, saveCheckpoint } from "../run/checkpoint.ts";
import { type DataSource, type RunConfig, type TrainOptions, healthEvery, rateOf, runConfig } from "../run/config.ts";
import { type Leg, courseOf } from "../step/course.ts";
import { keepDataRecord, requireSameData } from "../run/data-record.ts";
import { type Evaluation, followed, measureAtEnd, measureUsual, usualMeasurements } from "../evaluation/evaluate.ts";
import { keepEvaluation } from "../evaluation/evaluation-files.ts";
import { Chronicle } from "../diagnosis/chronicle.ts";
import { diagnoseModel } from "../diagnosis/diagnose.ts";
import { Watch } from "../diagnosis/watch.ts";
import type { TrainEvent } from "./events.ts";
import { aboutExport, exportModel } from "../trained/export.ts";
import { type InitialParameters, initialOf, requireLike } from "../run/init-from.ts";
import { initialState, slotNamesOf } from "../step/initial-state.ts";
import { type LegSession, Legs } from "./leg-session.ts";
import { LiveReport } from "../report/live-report.ts";
import { layoutsOf } from "../step/layout.ts";
import { endedBefore, repeats } from "../run/lengthen.ts";
import { planAgain, planRun } from "../run/plan.ts";
import { RunLog } from "./run-log.ts";
import { reportFile, writeReport } from "../report/run-report.ts";
import { recordedSamples } from "./sample-record.ts";
import { requireResumable, startOf } from "../run/resumable.ts";
import type { MetricLine } from "../run/metric-lines.ts";
import { Run, type Warning } from "../run/run.ts";
import { samplePicture, writeReals } from "../report/sample-pictures.ts";
import type { Layouts } from "../step/state-view.ts";
import { type Chore, type TimeEstimate, estimateOf } from "./time-estimate.ts";
import { InterruptedError, TrainedModel } from "../trained/trained.ts";
import { directionsOf } from "../trained/ways.ts";
import { type Weights, hasAverages, inferenceState } from "../run/weights.ts";

/** What a training runs on: its engine, store, clock and signal. */
export interface TrainSettings {
  readonly engine: Engine;
  /** Where the run is kept; in memory where not given. */
  readonly store?: Store;
  /** How the data can be opened again, for the run's config. */
  readonly source?: DataSource;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly versions?: Readonly<Record<string, string>>;
  /** Parameters to begin with; drawn where not given. The optimizer is a fresh one. */
  readonly initial?: InitialParameters | undefined;
}

/**
 * Trains a model, telling what happens. Stopped by the signal, it finishes its step, saves and ends; `resume` goes on
 * from there, and ends with the same parameters as a run that was never stopped.
 * @throws OptionError before anything is written, when options do not fit the model or the data, or a step the memory.
 * @throws EngineError before that, when updates do not reach its state. @throws DivergedError when a loss is not finite.
 */
export async function* train(
  configured: ConfiguredModel,
  data: DataSplit,
  options: TrainOptions,
  settings: TrainSettings,
): AsyncGenerator<TrainEvent, void> {
  const { model, training, served } = planRun(configured, data, options, settings.engine.freeMemory?.());
  const source = settings.source ?? { spec: data.train.name };
  const { initial, engine, clock = systemClock } = settings;
  if (initial !== undefined) requireLike(configured.definition.name, model, layoutsOf(model, training.seed), initial);
  const config = runConfig(configured, source, training, engine.name, initial?.init);
  await requireUpdates(engine);
  const run = await Run.create(settings.store ?? new MemoryStore(), config, clock, settings.versions ?? {});
  yield* new Training(run, model, data, served, engine, clock, settings.signal, initial).go();
}

/**
 * Goes on with a run from its newest checkpoint.
 * @throws RunError when the run is complete, diverged or damaged. @throws DataError when the data are not the run's.
 * @throws OptionError when there is not enough memory for its steps here. @throws EngineError as in train.
 */
export async function* resume(run: Run, data: DataSplit, settings: TrainSettings): AsyncGenerator<TrainEvent, void> {
  requireResumable(run);
  const recorded = await requireSameData(run.store, data);
  const { model, served } = planAgain(run.config, data, recorded, settings.engine.freeMemory?.());
  const { engine, clock = systemClock, signal, initial } = settings;
  await requireUpdates(engine);
  yield* new Training(run, model, data, served, engine, clock, signal, initial).go();
}

/** One session of training. */
class Training {
  private readonly config: RunConfig["train"];
  private readonly seed;
  private readonly layouts: Layouts;
  private readonly course: readonly Leg[];
  private chronicle!: Chronicle;
  private watch!: Watch;
  private log!: RunLog;
  private best!: BestCheckpoint;
  private report!: LiveReport;
  private estimate!: TimeEstimate;
  /** Step of the newest checkpoint; 0 when there is none. */
  private saved = 0;
  /** Whether all steps are done and saved. */
  private ending = false;

  constructor(
    private readonly run: Run,
    private readonly model: Model,
    private readonly data: DataSplit,
    /** The training items as steps see them. */
    private readonly served: Dataset,
    private readonly engine: Engine,
    private readonly clock: Clock,
    private readonly signal: AbortSignal | undefined,
    private readonly initial: InitialParameters | undefined,
  ) {
    this.config = run.config.train;
    this.seed = key(this.config.seed);
    this.layouts = layoutsOf(model, this.config.seed);
    this.course = courseOf(model, this.config.steps);
  }

  async *go(): AsyncGenerator<TrainEvent, void> {
    const from = await startOf(this.run, this.model, this.layouts, this.config);
    const start = from.step;
    for (const what of from.recovered) yield { type: "recovered", what };
    yield { type: "phase", phase: "compile" };
    this.saved = start;
    const values =
      from.state ?? initialState(this.model, this.config.seed, rateOf(this.config), initialOf(this.run, this.initial));
    // What came after the checkpoint is made again.
    const isRepeated = (line: MetricLine) => repeats(this.run.config, this.model, start, line);
    const lost = await this.run.forget(from.checkpoint, isRepeated);
    await this.run.restore();
    if (lost !== null) yield { type: "recovered", what: lost };
    const lines = await this.run.metrics();
    this.chronicle = new Chronicle(this.run.config, this.model, this.data, lines);
    this.best = new BestCheckpoint(this.run.store, this.model.bestBy, this.layouts, lines);
    await this.best.goOnFrom(start);
    const told = this.run.state.warnings?.filter(({ step }) => step <= start) ?? [];
    this.watch = new Watch(this.chronicle, this.config.steps, told);
    this.log = new RunLog(this.run, this.chronicle, this.course);
    this.report = new LiveReport(this.run, this.model, this.data.test, this.chronicle, this.clock);
    const measured = (part: Dataset) => (this.follows(part) ? part.size : 0);
    const items = { train: measured(this.data.train), test: measured(this.data.test) };
    this.estimate = estimateOf(this.course, start, this.config, items);
    const state = this.engine.createState(values);
    const trained = this.trainedWith(state);
    const legs = new Legs(
      this.course,
      {
        engine: this.engine,
        data: this.served,
        given: this.data.train,
        config: this.config,
        seed: this.seed,
        slotNames: slotNamesOf(values),
      },
      trained,
    );
    try {
      yield* this.steps(start, legs, trained);
    } catch (error) {
      if (error instanceof InterruptedError) return yield* this.interrupted();
      const reason = error instanceof Error ? error.message : String(error);
      const step = error instanceof DivergedError ? error.step : this.run.state.step;
      const status = error instanceof DivergedError ? "diverged" : "failed";
      // Where the disk is what failed, these fail as well; the first error is the one to tell.
      await this.run
        .flush()
        .then(() => this.run.record({ status, reason, step }))
        .then(() => this.report.write(step, null))
        .catch(() => undefined);
      throw error;
    } finally {
      // Before the sessions: a graphics device is gone with its last session, and its buffers cannot be freed then.
      state.dispose();
      await legs.release();
      await trained.release();
    }
  }

  private async *steps(start: number, legs: Legs, trained: TrainedModel): AsyncGenerator<TrainEvent, void> {
    const { steps, batch, logEvery, evalEvery, sampleEvery, checkpointEvery } = this.config;
    const { state } = trained;
    if (start === 0) {
      await writeReals(this.run.store, this.data.train);
      yield* this.timed("picture", () => this.picture(trained, 0, 0));
      this.log.numbers(0, 0, "train", await (await legs.at(0)).health(0));
    }
    await this.run.record({ status: "running", warnings: this.watch.warnings });
    yield* this.reported(start, null);
    yield { type: "phase", phase: "train" };
    const began = this.clock.now();
    const before = this.run.state.seconds;
    const seconds = () => before + (this.clock.now() - began) / 1000;
    if (endedBefore(this.run.config, start)) yield* this.goOnAfterEnd(start, seconds, await legs.at(start), trained);
    let estimated = false;
    for (let step = start; step < steps; step++) {
      const session = await legs.at(step);
      const stepBegan = this.clock.now();
      const losses = await this.step(step, session);
      const done = step + 1;
      this.estimate.stepped(done, (this.clock.now() - stepBegan) / 1000);
      const due = (every: number) => done % every === 0 || done === steps;
      if (due(logEvery)) this.log.numbers(done, seconds(), "train", losses);
      if (due(healthEvery(this.config))) {
        yield* this.timed("health", () => this.look(session, done, seconds()));
      }
      const secondsLeft = this.estimate.secondsLeft(done);
      await this.run.progress(done, seconds());
      const imagesPerSecond = this.estimate.batchesPerSecond * batch;
      yield { type: "step", step: done, steps, losses, imagesPerSecond, secondsLeft };
      if (!estimated && this.estimate.settled) yield { type: "estimate", secondsLeft, steps };
      estimated ||= this.estimate.settled;
      if (due(evalEvery)) yield* this.timed("evaluation", () => this.follow(done, seconds(), trained));
      if (due(sampleEvery)) yield* this.timed("picture", () => this.picture(trained, done, seconds()));
      if (due(evalEvery) || due(sampleEvery)) await this.keepBest(done, seconds(), state);
      const stopped = this.signal?.aborted === true && done < steps;
      if (due(checkpointEvery) || stopped) {
        yield* this.timed("checkpoint", () => this.save(done, seconds(), state));
      }
      const fits = this.report.fits(seconds() - before);
      if (due(sampleEvery) && done < steps && !stopped && fits) yield* this.reported(done, null);
      if (stopped) {
        await this.run.record({ status: "interrupted" });
        yield* this.reported(done, trained);
        yield { type: "interrupted", step: done, warnings: this.watch.warnings };
        return;
      }
    }
    yield* this.finish(seconds(), trained);
  }

  /** Does again what is due after a step that was the last one of the run before it got more: it was done otherwise then. */
  private async *goOnAfterEnd(
    step: number,
    seconds: () => number,
    session: LegSession,
    trained: TrainedModel,
  ): AsyncGenerator<TrainEvent, void> {
    const { evalEvery, sampleEvery } = this.config;
    if (step % healthEvery(this.config) === 0) yield* this.look(session, step, seconds());
    if (step % evalEvery === 0) yield* this.follow(step, seconds(), trained);
    if (step % sampleEvery === 0) yield* this.picture(trained, step, seconds());
    await this.keepBest(step, seconds(), trained.state);
  }

  private async *timed(chore: Chore, work: () => AsyncGenerator<TrainEvent, void>): AsyncGenerator<TrainEvent, void> {
    const began = this.clock.now();
    yield* work();
    this.estimate.did(chore, (this.clock.now() - began) / 1000);
  }

  private async *look(session: LegSession, step: number, seconds: number): AsyncGenerator<TrainEvent, void> {
    this.log.numbers(step, seconds, "train", await session.health(step));
    yield* this.warn(this.watch.look(step));
  }

  /** A picture of samples, and what is known of them as numbers. */
  private async *picture(trained: TrainedModel, step: number, seconds: number): AsyncGenerator<TrainEvent, void> {
    const file = await samplePicture(this.run.store, trained, this.data.test, step, this.seed);
    if (file !== null) yield { type: "picture", file };
    const known = await recordedSamples(trained, this.data, this.chronicle, step, this.seed);
    this.log.numbers(step, seconds, "test", known);
  }

  /** Keeps warnings in the run's record before they are told. */
  private async *warn(warnings: readonly Warning[]): AsyncGenerator<TrainEvent, void> {
    if (warnings.length > 0) await this.run.record({ warnings: this.watch.warnings });
    for (const warning of warnings) yield { type: "warning", ...warning };
  }

  /** The end of a run is begun again when it goes on: nothing of it is to be saved. */
  private async *interrupted(): AsyncGenerator<TrainEvent, void> {
    await this.run.record({ status: "interrupted" });
    await this.report.write(this.saved, null);
    yield { type: "interrupted", step: this.saved, warnings: this.watch.warnings };
  }

  /** Asked for what changes with training only at its end. */
  private trainedWith(state: State): TrainedModel {
    const { steps } = this.config;
    const stopped = (): boolean => this.ending && this.signal?.aborted === true;
    return new TrainedModel(this.model, this.layouts, this.engine, state, { step: steps, steps }, null, stopped);
  }

  private async step(step: number, session: LegSession): Promise<Record<string, number>> {
    const losses = await session.step(step);
    for (const [name, loss] of Object.entries(losses)) {
      if (!Number.isFinite(loss)) throw this.diverged(step + 1, `${name} is ${loss}`);
    }
    return losses;
  }

  private diverged(step: number, what: string): DivergedError {
    return new DivergedError(
      step,
      `all losses must be finite - got ${what} at step ${step}`,
      `${this.saved === 0 ? "no checkpoint had been saved" : `the checkpoint of step ${this.saved} is kept`}; try a smaller --learning-rate`,
    );
  }

  /** The state after a step, and what of the run's record is kept with it. */
  private async kept(step: number, seconds: number, state: State): Promise<[CheckpointFacts, Arrays]> {
    const values = await state.read();
    for (const [name, value] of Object.entries(values)) {
      if (!value.data.every(Number.isFinite)) throw this.diverged(step, `a non-finite value in ${name}`);
    }
    const data = await keepDataRecord(this.run.store, this.data);
    return [await this.run.keep(step, seconds, data), values];
  }

  private async keepBest(step: number, seconds: number, state: State): Promise<void> {
    if (!this.best.takes(this.log.measuredAt(step))) return;
    await this.best.write(...(await this.kept(step, seconds, state)), this.saved);
  }

  private async *save(step: number, seconds: number, state: State): AsyncGenerator<TrainEvent, void> {
    await saveCheckpoint(this.run.store, ...(await this.kept(step, seconds, state)), this.layouts, this.config.keep);
    await this.best.settle();
    this.saved = step;
    await this.run.record({ step, saved: step, seconds });
    yield { type: "saved", step };
  }

  /** The same measurements on some held-out items and on as many that it is trained on: what parts them is overfitting. */
  private async *follow(step: number, seconds: number, trained: TrainedModel): AsyncGenerator<TrainEvent, void> {
    const results: Evaluation[] = [];
    for (const part of ["test", "train"] as const) {
      if (!this.follows(this.data[part])) continue;
      const found = await measureUsual(trained, some(this.data[part], followed), part, this.seed);
      for (const result of found) this.log.evaluation(step, seconds, part, result);
      if (part === "test") for (const one of found) results.push(one);
    }
    if (results.length === 0) return;
    this.report.measured = { results, step, weights: null };
    yield { type: "evaluated", step, results };
  }

  private async *reported(step: number, trained: TrainedModel | null): AsyncGenerator<TrainEvent, void> {
    await this.report.write(step, trained);
    yield { type: "reported", file: reportFile };
  }

  /** Nets from images to images take long: they are measured at the end alone. */
  private follows(data: Dataset): boolean {
    return this.model.translators === undefined && usualMeasurements(this.model, data).length > 0;
  }

  /** A run is judged by averaged parameters where it keeps them. */
  private async *finish(seconds: number, last: TrainedModel): AsyncGenerator<TrainEvent, void> {
    this.ending = true;
    if (!hasAverages(last.state.names)) return yield* this.judge(seconds, last, null);
    const state = this.engine.createState(inferenceState(await last.state.read(), "ema"));
    const averaged = this.trainedWith(state);
    try {
      yield* this.judge(seconds, averaged, "ema");
    } finally {
      state.dispose();
      await averaged.release();
    }
  }

  /** Everything is written before the run is recorded as done: a run killed here does its end again. */
  private async *judge(
    seconds: number,
    trained: TrainedModel,
    weights: Weights | null,
  ): AsyncGenerator<TrainEvent, void> {
    const { store } = this.run;
    const { steps, seed } = this.config;
    yield { type: "phase", phase: "evaluate" };
    const { test: all } = this.data;
    const keep = (result: Evaluation) => keepEvaluation(store, { ...result, step: steps, seed, weights });
    const { results, refused } = await measureAtEnd(trained, this.data, this.seed, keep);
    yield { type: "evaluated", step: steps, results };
    yield { type: "phase", phase: "export" };
    const about = await aboutExport(this.run, trained.model, steps, weights);
    await exportModel(trained, this.data.test, store, this.seed, about);
    yield { type: "phase", phase: "report" };
    trained.requireGoingOn();
    const diagnosis = await diagnoseModel(this.chronicle, trained, steps, this.config.seed);
    yield* this.warn(this.watch.tell(steps, diagnosis.findings));
    const done = { status: "done", step: steps, seconds } as const;
    const state = { ...this.run.state, ...done };
    const measured = { results, step: steps, weights };
    await writeReport(this.run, { state, model: this.model, trained, test: all, measured, diagnosis });
    yield { type: "reported", file: reportFile };
    await this.run.record(done);
    const test = Object.fromEntries(results.map((entry) => [entry.label, entry]));
    const { generator, translators } = this.model;
    const makes = generator !== undefined ? "items" : translators !== undefined ? "translations" : null;
    yield {
      type: "done",
      result: { steps, seconds, makes, ways: directionsOf(this.model), test, refused, warnings: this.watch.warnings },
    };
  }
}
