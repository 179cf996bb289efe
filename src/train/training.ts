import type { Clock } from "../base/clock.ts";
import { threeDigits } from "../base/digits.ts";
import { DivergedError, NotFiniteError } from "../base/errors.ts";
import { isExpensive } from "../base/store.ts";
import type { Dataset } from "../data/index.ts";
import type { Finding } from "../diagnosis/index.ts";
import { BestCheckpoint } from "../run/best-checkpoint.ts";
import { type CheckpointFacts, saveCheckpoint } from "../run/checkpoint.ts";
import { type RunConfig, healthEvery } from "../run/config.ts";
import { keepDataRecord } from "../run/data-record.ts";
import { endedBefore } from "../run/lengthen.ts";
import type { Plan } from "../run/plan.ts";
import type { Run } from "../run/run.ts";
import type { Arrays, EngineNote, State } from "../runtime/index.ts";
import { type ScheduledStage, scheduleStages } from "../step/stages.ts";
import type { TrainedModel } from "../trained/trained.ts";
import type { TrainEvent } from "./events.ts";
import { AbandonedStep, type Sessions, type StageSession, openSessions } from "./stage-session.ts";
import type { RunObserver } from "./run-observer.ts";
import type { SessionStart } from "./start-session.ts";
import { type Chore, type TimeEstimate, estimateOf } from "./time-estimate.ts";

/** The state of a run after its last step. */
export type Last = Pick<SessionStart, "layouts" | "state">;

/** A state, and the part of the run's record that is saved with it. */
type Kept = [facts: CheckpointFacts, state: Arrays];

/** The steps of one session of a run, and their checkpoints. */
export class Training {
  private readonly config: RunConfig["train"];
  private readonly stages: readonly ScheduledStage[];
  private readonly best: BestCheckpoint;
  private readonly estimate: TimeEstimate;
  /** Step of the newest checkpoint; 0 if there is none. */
  private saved: number;
  /** A best state that is not written yet. */
  private better: Kept | null = null;
  private dataRecord: ReturnType<typeof keepDataRecord> | null = null;

  constructor(
    private readonly run: Run,
    private readonly plan: Plan,
    private readonly start: SessionStart,
    private readonly observer: RunObserver,
    private readonly clock: Clock,
    private readonly signal: AbortSignal | undefined,
  ) {
    const { config, model, data } = plan;
    this.config = config.train;
    this.stages = scheduleStages(model, this.config.steps);
    this.best = new BestCheckpoint(run.store, model.bestBy, start.layouts);
    const measured = (part: Dataset) => (observer.follows(part) ? part.size : 0);
    const items = { train: measured(data.train), test: measured(data.test) };
    this.estimate = estimateOf(this.stages, start.step, this.config, items);
    this.saved = start.step;
  }

  /** Trains until all steps are done and saved, or the signal aborts, in which case there is no final state. */
  async *go(): AsyncGenerator<TrainEvent, Last | null> {
    const { start } = this;
    await this.best.goOnFrom(start.step, start.lines);
    const sessions = openSessions(this.plan, start);
    try {
      const isDone = yield* this.steps(start.step, sessions);
      return isDone ? { layouts: start.layouts, state: await sessions.trained.state.read() } : null;
    } catch (error) {
      // A diverged run is not resumed, so no later checkpoint would include the best state.
      if (error instanceof DivergedError) await this.writeBest();
      throw error;
    } finally {
      await sessions.release();
    }
  }

  /** Whether all steps are done. */
  private async *steps(start: number, sessions: Sessions): AsyncGenerator<TrainEvent, boolean> {
    const { steps, batch, logEvery, evalEvery, sampleEvery, checkpointEvery } = this.config;
    const { observer } = this;
    const { trained } = sessions;
    const { state } = trained;
    if (start === 0) {
      await observer.reals();
      yield* this.timed("picture", () => observer.picture(0, 0, trained));
      observer.log.numbers(0, 0, "train", await (await sessions.at(0)).health(0));
    }
    await this.run.record({ status: "running", warnings: observer.warnings });
    yield* observer.reported(start, null);
    const { note } = await sessions.at(start);
    if (note !== undefined) yield* observer.tell(start, [engineFinding(note)]);
    yield { type: "phase", phase: "train" };
    const began = this.clock.now();
    const before = this.run.state.seconds;
    const seconds = () => before + (this.clock.now() - began) / 1000;
    if (endedBefore(this.run.config, start))
      yield* this.goOnAfterEnd(start, seconds, await sessions.at(start), trained);
    let estimated = false;
    for (let step = start; step < steps; step++) {
      const session = await sessions.at(step);
      const stepBegan = this.clock.now();
      const losses = await this.step(step, session, seconds);
      if (losses instanceof AbandonedStep) {
        yield* this.abandon(step, seconds(), losses);
        return false;
      }
      const done = step + 1;
      this.estimate.stepped(done, (this.clock.now() - stepBegan) / 1000);
      const due = (every: number) => done % every === 0 || done === steps;
      if (due(logEvery)) observer.log.numbers(done, seconds(), "train", losses);
      if (due(healthEvery(this.config))) {
        yield* this.timed("health", () => this.checkHealth(session, done, seconds()));
      }
      const secondsLeft = this.estimate.secondsLeft(done);
      await this.run.progress(done, seconds());
      const imagesPerSecond = this.estimate.batchesPerSecond * batch;
      yield { type: "step", step: done, steps, losses, imagesPerSecond, secondsLeft };
      if (!estimated && this.estimate.settled) yield { type: "estimate", secondsLeft, steps };
      estimated ||= this.estimate.settled;
      if (due(evalEvery)) yield* this.timed("evaluation", () => this.follow(done, seconds(), trained));
      if (due(sampleEvery)) yield* this.timed("picture", () => observer.picture(done, seconds(), trained));
      if (due(evalEvery) || due(sampleEvery)) await this.keepBest(done, seconds(), state);
      const stopped = this.signal?.aborted === true && done < steps;
      if (due(checkpointEvery) || stopped) {
        yield* this.timed("checkpoint", () => this.save(done, seconds(), state));
      }
      const fits = observer.reportFits(seconds() - before);
      if (due(sampleEvery) && done < steps && !stopped && fits) yield* observer.reported(done, null);
      if (stopped) {
        await this.run.record({ status: "interrupted" });
        yield* observer.reported(done, trained);
        yield { type: "interrupted", step: done, warnings: observer.warnings };
        return false;
      }
    }
    return true;
  }

  /**
   * Repeats the work due after the step at which the run ended before it was lengthened, because the last step was handled
   * differently.
   */
  private async *goOnAfterEnd(
    step: number,
    seconds: () => number,
    session: StageSession,
    trained: TrainedModel,
  ): AsyncGenerator<TrainEvent, void> {
    const { evalEvery, sampleEvery } = this.config;
    if (step % healthEvery(this.config) === 0) yield* this.checkHealth(session, step, seconds());
    if (step % evalEvery === 0) yield* this.follow(step, seconds(), trained);
    if (step % sampleEvery === 0) yield* this.observer.picture(step, seconds(), trained);
    await this.keepBest(step, seconds(), trained.state);
  }

  private async *timed(chore: Chore, work: () => AsyncGenerator<TrainEvent, void>): AsyncGenerator<TrainEvent, void> {
    const began = this.clock.now();
    yield* work();
    this.estimate.did(chore, (this.clock.now() - began) / 1000);
  }

  /** A non-finite value ends the run if the parameters are not finite either; otherwise it is only reported. */
  private async *follow(step: number, seconds: number, trained: TrainedModel): AsyncGenerator<TrainEvent, void> {
    try {
      yield* this.observer.follow(step, seconds, trained);
    } catch (error) {
      if (!(error instanceof NotFiniteError)) throw error;
      await this.finiteState(step, trained.state);
      yield* this.observer.tell(step, [evaluationFinding(error.message, this.config.learningRate)]);
    }
  }

  private async *checkHealth(session: StageSession, step: number, seconds: number): AsyncGenerator<TrainEvent, void> {
    yield* this.observer.health(step, seconds, await session.health(step));
  }

  /** Ends at the last complete step. */
  private async *abandon(step: number, seconds: number, { before }: AbandonedStep): AsyncGenerator<TrainEvent, void> {
    if (step > this.saved) {
      const state = this.plan.engine.createState(before);
      yield* this.save(step, seconds, state);
      state.dispose();
    }
    await this.run.record({ status: "interrupted" });
    yield* this.observer.reported(step, null);
    yield { type: "interrupted", step, warnings: this.observer.warnings };
  }

  private async step(
    step: number,
    session: StageSession,
    seconds: () => number,
  ): Promise<Record<string, number> | AbandonedStep> {
    const losses = await session.step(step, async () => {
      // Signals can arrive while files are written, however short the updates are.
      await this.run.progress(step, seconds());
      return this.signal?.aborted !== true;
    });
    if (losses instanceof AbandonedStep) return losses;
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

  private async kept(step: number, seconds: number, state: State): Promise<Kept> {
    const values = await this.finiteState(step, state);
    this.dataRecord ??= keepDataRecord(this.run.store, this.plan.data);
    return [await this.run.keep(step, seconds, await this.dataRecord), values];
  }

  /** @throws DivergedError for a state that is not finite. */
  private async finiteState(step: number, state: State): Promise<Arrays> {
    const values = await state.read();
    for (const [name, value] of Object.entries(values)) {
      if (!value.data.every(Number.isFinite)) throw this.diverged(step, `a non-finite value in ${name}`);
    }
    return values;
  }

  private async keepBest(step: number, seconds: number, state: State): Promise<void> {
    if (!this.best.takes(this.observer.log.measuredAt(step))) return;
    this.better = await this.kept(step, seconds, state);
    // A resumed run would find this state again, so where writes are expensive, it is written with the next checkpoint.
    if (!isExpensive(this.run.store)) await this.writeBest();
  }

  private async writeBest(): Promise<void> {
    if (this.better === null) return;
    await this.run.sync();
    await this.best.write(...this.better, this.saved);
    this.better = null;
  }

  private async *save(step: number, seconds: number, state: State): AsyncGenerator<TrainEvent, void> {
    const kept = await this.kept(step, seconds, state);
    await this.run.sync();
    await this.writeBest();
    await saveCheckpoint(this.run.store, ...kept, this.start.layouts, this.config.keep);
    await this.best.settle();
    this.saved = step;
    await this.run.record({ step, saved: step, seconds });
    yield { type: "saved", step };
  }
}

/** Warning that an engine cannot run a step as intended. */
function engineFinding({ evidence, change }: EngineNote): Finding {
  return {
    symptom: "engine",
    summary: "the engine cannot run the step as intended",
    evidence,
    values: {},
    change,
  };
}

/** Warning that a held-out metric is not finite although the parameters are. */
function evaluationFinding(message: string, rate: number): Finding {
  return {
    symptom: "evaluation",
    summary: "a metric of held-out items is not finite",
    evidence: message,
    values: {},
    change: { flag: `--learning-rate ${threeDigits(rate / 4)}`, reason: "smaller updates keep the outputs in range" },
  };
}
