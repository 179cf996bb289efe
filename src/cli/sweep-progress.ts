import type { Clock } from "../base/clock.ts";
import {
  type SweepListener,
  type SweepState,
  type Trainer,
  type TrialEnd,
  type TrialJob,
  parameterText,
  variedParameters,
  workOf,
} from "../sweep/index.ts";
import { count, duration, number } from "./format.ts";
import type { Output } from "./output.ts";

/** Milliseconds between updates of the live line, and between lines where there is no live line. */
const [liveEvery, lineEvery] = [500, 10_000];

/** Seconds of training before the time left is shown. */
const settledAfter = 5;

/** Reports the progress of a sweep: a line for each trial that ends, and a live line with the total. */
export class SweepProgress implements SweepListener {
  private readonly running = new Map<string, TrialJob>();
  /** Share that was done at the start. */
  private first = 0;
  /** Start of the speed measurement: when the first step of this session was reported. */
  private since: { readonly at: number; readonly share: number } | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly output: Output,
    private readonly clock: Clock,
    private readonly state: SweepState,
    private readonly trainer: Trainer,
    private readonly size: { readonly combinations: number; readonly steps: number },
  ) {}

  begin(): void {
    this.first = this.work().share;
    this.timer = setInterval(() => this.tick(), this.output.live ? liveEvery : lineEvery);
  }

  end(): void {
    clearInterval(this.timer);
    this.output.clear();
  }

  started(job: TrialJob): void {
    this.running.set(job.trial.id, job);
  }

  ended(job: TrialJob, end: TrialEnd): void {
    this.running.delete(job.trial.id);
    this.output.say(trialLine(job, end, this.varied(job.trial.configuration), this.output.columns));
    if (this.output.live) this.tick();
  }

  private varied(configuration: number): string[] {
    const { parameters } = this.state.configurations[configuration]!;
    return variedParameters(this.state.file).map((name) => `${name} ${parameterText(parameters[name])}`);
  }

  /** Running jobs, each with the share of its steps that is done. */
  private training(): [job: TrialJob, share: number][] {
    return [...this.running.values()].flatMap((job): [TrialJob, number][] => {
      const share = this.trainer.progress(job);
      return share === null ? [] : [[job, share]];
    });
  }

  private work() {
    const { combinations, steps } = this.size;
    return workOf(this.state, combinations, steps, this.training());
  }

  private tick(): void {
    const { trials, expected, share } = this.work();
    const now = this.clock.now();
    if (share > this.first) this.since ??= { at: now, share };
    const [elapsed, gained] = this.since === null ? [0, 0] : [(now - this.since.at) / 1000, share - this.since.share];
    const left = elapsed >= settledAfter && gained > 0 ? [`${duration((elapsed * (1 - share)) / gained)} left`] : [];
    const done = `${count(trials)} of ${count(expected)} trials`;
    const percent = `${Math.floor(100 * share)} %`;
    const whole = [done, `${this.training().length} running`, percent, ...left];
    if (!this.output.live) {
      this.output.say(whole.join("  "));
      return;
    }
    // On a narrow terminal, the time left takes precedence over the other parts.
    const lines = [[bar(share), ...whole], whole, [done, ...left], left].map((parts) => parts.join("  "));
    this.output.show(lines.find((line) => line.length < this.output.columns!) ?? done);
  }
}

const barColumns = 20;

function bar(share: number): string {
  const done = Math.floor(share * barColumns);
  return "\u2588".repeat(done) + "\u2591".repeat(barColumns - done);
}

/** `#3 seed 0  elbo 88.2  12s  latent 8, learningRate 0.001`. */
function trialLine({ trial, metric }: TrialJob, end: TrialEnd, values: readonly string[], columns = Infinity): string {
  const head = `#${trial.configuration} seed ${trial.seed}`;
  const line = `${head}  ${outcomeText(metric, end)}  ${values.join(", ")}`;
  return line.length < columns ? line : `${line.slice(0, columns - 2)}\u2026`;
}

/** How a trial ended, in a few words. */
export function outcomeText(metric: string, end: TrialEnd): string {
  if (end.status === "failed") return `failed: ${end.reason}`;
  const time = duration(end.seconds);
  if (end.status === "diverged") return `diverged at step ${end.step}  ${time}`;
  const value = `${metric} ${end.value === null ? "none" : number(end.value)}`;
  return end.status === "paused" ? `${value} at step ${end.step}  ${time}` : `${value}  ${time}`;
}
