import { type Key, fold, key } from "../base/random.ts";
import { type Known, type SearchMethod, methods } from "./methods/index.ts";
import { promoted } from "./rungs.ts";
import { type Assignment, type Space, assignmentKey } from "./space.ts";
import { type SweepFile, seedsOf } from "./sweep-file.ts";
import type { LoggedTrial, SweepEvent } from "./sweep-log.ts";
import type { TrialJob } from "./trainer.ts";
import type { TrialEnd } from "./trial-end.ts";

/** The state of one configuration. */
export interface Configuration {
  readonly number: number;
  readonly parameters: Assignment;
  readonly trials: readonly LoggedTrial[];
  /** Why it cannot be trained. */
  readonly refused: string | undefined;
  /** The rung to which it is trained. */
  readonly rung: number;
}

/** The state of a sweep: its events so far, and the next jobs. */
export class SweepState {
  readonly method: SearchMethod;
  readonly configurations: Configuration[] = [];
  private readonly ends = new Map<string, TrialEnd>();
  /** Configurations that have reached each rung, in order. */
  private readonly compared: number[][];
  private readonly proposed = new Set<string>();
  /** Configurations that are complete at a rung, as NUMBER@RUNG, so that each is added to `compared` once. */
  private readonly seen = new Set<string>();
  private readonly byTrial = new Map<string, number[]>();
  private readonly root: Key;

  constructor(
    readonly file: SweepFile,
    private readonly space: Space,
    readonly rungs: readonly (number | null)[],
  ) {
    this.method = methods.find(({ name }) => name === file.method)!;
    this.compared = rungs.map(() => []);
    this.root = fold(key(0), "sweep", file.method);
  }

  /** Whether the next configurations depend on measured values. */
  get learns(): boolean {
    return this.method.learns === true || this.rungs.length > 1;
  }

  /** Applies events. */
  apply(event: SweepEvent): void {
    if (event.type === "configuration") {
      const { parameters, trials, refused } = event;
      const number = this.configurations.length;
      this.configurations.push({ number, parameters: parameters as Assignment, trials, refused, rung: 0 });
      this.proposed.add(assignmentKey(parameters as Assignment));
      for (const { id } of trials) this.byTrial.set(id, [...(this.byTrial.get(id) ?? []), number]);
      this.settle(number);
      return;
    }
    if (event.type === "promotion") {
      const before = this.configurations[event.configuration]!;
      this.configurations[event.configuration] = { ...before, rung: event.rung };
      this.settle(event.configuration);
      return;
    }
    const { type: _, id, rung, ...end } = event;
    this.ends.set(endKey(id, rung), end as TrialEnd);
    for (const number of this.byTrial.get(id) ?? []) this.settle(number);
  }

  /** How a trial ended at or before a rung; null if it has not. */
  endOf(id: string, rung: number): TrialEnd | null {
    for (let at = rung; at >= 0; at--) {
      const end = this.ends.get(endKey(id, at));
      if (end !== undefined && (at === rung || end.status !== "paused")) return end;
    }
    return null;
  }

  /** Clears failures, so that these trials are repeated. */
  forgetFailures(): void {
    for (const [name, end] of this.ends) if (end.status === "failed") this.ends.delete(name);
    this.seen.clear();
    for (const list of this.compared) list.length = 0;
    for (const { number } of this.configurations) this.settle(number);
  }

  /** Unfinished jobs of a configuration. */
  jobsOf({ trials, refused, rung, number }: Configuration): TrialJob[] {
    if (refused !== undefined) return [];
    const { metric, threads } = this.file;
    return trials
      .filter(({ id }) => this.endOf(id, rung) === null)
      .map((trial) => ({
        trial: { ...trial, configuration: number, threads },
        metric: metric.name,
        until: this.rungs[rung]!,
      }));
  }

  /** A configuration to promote to the next rung; null if there is none. */
  nextPromotion(): Extract<SweepEvent, { type: "promotion" }> | null {
    const { eta = 3 } = this.file.early_terminate ?? {};
    for (let rung = this.rungs.length - 2; rung >= 0; rung--) {
      const best = this.ranked(rung).slice(0, promoted(this.compared[rung]!.length, eta));
      const next = best.find((number) => this.configurations[number]!.rung === rung);
      if (next !== undefined) return { type: "promotion", configuration: next, rung: rung + 1 };
    }
    return null;
  }

  /**
   * If everything has ended and no configuration has reached the last rung, because there were too few to promote 1 / eta at
   * each rung: the promotion of the best one. Null otherwise.
   */
  lastPromotion(): Extract<SweepEvent, { type: "promotion" }> | null {
    const last = this.rungs.length - 1;
    if (this.compared[last]!.length > 0 || this.configurations.some((one) => this.jobsOf(one).length > 0)) return null;
    for (let rung = last - 1; rung >= 0; rung--) {
      const [best] = this.ranked(rung);
      if (best !== undefined) return { type: "promotion", configuration: best, rung: rung + 1 };
    }
    return null;
  }

  /** Parameters of the next configuration; null if there is none. */
  propose(): Assignment | null {
    const number = this.configurations.length;
    const { run_cap: cap = Infinity } = this.file;
    if ((number + 1) * seedsOf(this.file).length > cap) return null;
    const known = this.known();
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const proposal = { space: this.space, number, key: fold(this.root, number, attempt), known };
      const parameters = this.method.propose(proposal);
      if (parameters === null || !this.proposed.has(assignmentKey(parameters))) return parameters;
      if (this.method.ends) return null;
    }
    return null;
  }

  /** Total number of configurations; null if it is not fixed. */
  expected(combinations: number): number {
    const { run_cap: cap = Infinity } = this.file;
    return Math.min(combinations, Math.floor(cap / seedsOf(this.file).length));
  }

  /** Mean of the metric over a configuration's seeds at a rung, with the sign by which smaller is better; Infinity if a value is missing. */
  costAt(number: number, rung: number): number {
    const { trials, refused } = this.configurations[number]!;
    if (refused !== undefined) return Infinity;
    const sign = this.file.metric.goal === "minimize" ? 1 : -1;
    const values = trials.map(({ id }) => {
      const end = this.endOf(id, rung);
      return end !== null && "value" in end && end.value !== null && end.value !== undefined ? end.value : Number.NaN;
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Number.isNaN(mean) ? Infinity : sign * mean;
  }

  /** The configurations that have a value at a rung, best first. */
  private ranked(rung: number): number[] {
    const all = this.compared[rung]!.map((number) => ({ number, value: this.costAt(number, rung) }));
    const finite = all.filter(({ value }) => Number.isFinite(value));
    return finite.toSorted((a, b) => a.value - b.value).map(({ number }) => number);
  }

  private known(): Known[] {
    const last = this.rungs.length - 1;
    return this.compared[last]!.map((number) => ({
      parameters: this.configurations[number]!.parameters,
      value: this.costAt(number, last),
    }));
  }

  /** Records the rungs at which all trials of a configuration have ended. */
  private settle(number: number): void {
    const { trials, refused, rung } = this.configurations[number]!;
    for (let at = 0; at <= rung; at++) {
      const name = `${number}@${at}`;
      if (this.seen.has(name) || (refused === undefined && trials.some(({ id }) => this.endOf(id, at) === null)))
        continue;
      this.seen.add(name);
      this.compared[at]!.push(number);
    }
  }
}

/** Maximum number of draws to find a new configuration. */
const maxAttempts = 1000;

function endKey(id: string, rung: number): string {
  return `${id}@${rung}`;
}
