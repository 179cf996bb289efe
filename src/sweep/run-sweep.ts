import { OptionError } from "../base/errors.ts";
import { append } from "../base/many.ts";
import type { TrialResolver } from "./resolve.ts";
import type { Assignment } from "./space.ts";
import { seedsOf } from "./sweep-file.ts";
import type { SweepEvent, SweepLog } from "./sweep-log.ts";
import type { SweepState } from "./sweep-state.ts";
import type { TrialEnd } from "./trial-end.ts";
import type { Trainer, TrialJob } from "./trainer.ts";

/** Receives the progress of a sweep. */
export interface SweepListener {
  started?(job: TrialJob): void;
  ended?(job: TrialJob, end: TrialEnd): Promise<void> | void;
}

/** Maximum number of configurations recorded in one write. */
const atOnce = 100;

/**
 * Trains the remaining trials of a sweep, until none is left or the signal is aborted. Every event is logged before the next
 * action, so that a sweep killed at any moment can be resumed.
 */
export function runSweep(
  log: SweepLog,
  state: SweepState,
  resolver: TrialResolver,
  trainer: Trainer,
  signal: AbortSignal,
  listener: SweepListener = {},
): Promise<void> {
  return new SweepRun(log, state, resolver, trainer, signal, listener).go();
}

class SweepRun {
  private readonly ready: TrialJob[];
  /** By the ids of their trials. */
  private readonly running = new Map<string, Promise<void>>();
  /** The error that ended the sweep early: its log could not be written. */
  private readonly failures: unknown[] = [];
  /** Whether a job has ended or slots have been added since the last check, and who waits for that. */
  private changed = false;
  private goOn: () => void = () => undefined;

  constructor(
    private readonly log: SweepLog,
    private readonly state: SweepState,
    private readonly resolver: TrialResolver,
    private readonly trainer: Trainer,
    private readonly signal: AbortSignal,
    private readonly listener: SweepListener,
  ) {
    this.ready = state.configurations.flatMap((configuration) => state.jobsOf(configuration));
    trainer.onMoreSlots(() => this.wake());
  }

  async go(): Promise<void> {
    const { running, trainer, signal, failures } = this;
    while (!signal.aborted && failures.length === 0) {
      const free = trainer.slots(this.state.learns) - running.size;
      if (free > 0 && (this.startNext() || (await this.refill(free)))) continue;
      if (running.size === 0) break;
      await this.change();
    }
    await Promise.all(running.values());
    if (failures.length > 0) throw failures[0];
  }

  private wake(): void {
    this.changed = true;
    this.goOn();
  }

  /** Waits until a job ends or there are more slots. A race between all running jobs would leave a listener at each of them every time. */
  private async change(): Promise<void> {
    if (!this.changed) await new Promise<void>((resolve) => (this.goOn = resolve));
    this.changed = false;
  }

  /** Starts the next job, or drops it if it is already done; false if there is none. */
  private startNext(): boolean {
    const { ready, running, state } = this;
    const at = ready.findIndex(({ trial }) => !running.has(trial.id));
    if (at < 0) return false;
    const [job] = ready.splice(at, 1) as [TrialJob];
    // Another configuration may have resolved to the same config, and its trial may have ended.
    if (state.endOf(job.trial.id, state.rungs.indexOf(job.until)) !== null) return true;
    const { id } = job.trial;
    this.listener.started?.(job);
    const work = this.train(job).catch((error: unknown) => void this.failures.push(error));
    running.set(
      id,
      work.finally(() => {
        running.delete(id);
        this.wake();
      }),
    );
    return true;
  }

  private async train(job: TrialJob): Promise<void> {
    const end = await this.trainer.train(job, this.signal);
    if (end === null) return;
    const event = { type: "end", id: job.trial.id, rung: this.state.rungs.indexOf(job.until), ...end } as const;
    await this.log.add([event]);
    this.state.apply(event);
    await this.listener.ended?.(job, end);
  }

  /** Adds further jobs. @returns Whether there were any. */
  private async refill(wanted: number): Promise<boolean> {
    const { state, resolver, ready } = this;
    const events: SweepEvent[] = [];
    const configurations: number[] = [];
    while (events.length < Math.min(wanted, atOnce)) {
      const event = state.nextPromotion() ?? (await nextConfiguration(state, resolver)) ?? state.lastPromotion();
      if (event === null) break;
      configurations.push(event.type === "promotion" ? event.configuration : state.configurations.length);
      // The next configuration depends on it.
      state.apply(event);
      events.push(event);
    }
    await this.log.add(events);
    for (const number of configurations) append(ready, state.jobsOf(state.configurations[number]!));
    return events.length > 0;
  }
}

/** The next configuration with its trials; null if there is none. */
async function nextConfiguration(
  state: SweepState,
  resolver: TrialResolver,
): Promise<Extract<SweepEvent, { type: "configuration" | "promotion" }> | null> {
  const parameters = state.propose();
  return parameters === null ? null : configurationOf(parameters, state, resolver);
}

async function configurationOf(
  parameters: Assignment,
  state: SweepState,
  resolver: TrialResolver,
): Promise<Extract<SweepEvent, { type: "configuration" }>> {
  const trials = [];
  try {
    for (const seed of seedsOf(state.file)) {
      const { id, config, fingerprints } = await resolver.resolve(parameters, seed);
      trials.push({ id, seed, config, fingerprints });
    }
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return { type: "configuration", parameters, trials: [], refused: error.message };
  }
  return { type: "configuration", parameters, trials };
}
