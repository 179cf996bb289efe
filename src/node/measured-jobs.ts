import { type Clock, systemClock } from "../base/clock.ts";
import { median } from "../numeric/median.ts";

/** Number of speed measurements per trial, whose median is compared so that one slowed by an evaluation does not matter, and the seconds between two of them. */
const [measuredSpeeds, speedEvery] = [5, 0.9];

/** Factor by which each doubling must increase the steps per second in total. */
const minGain = 1.1;

/** A trial at the current number of jobs. */
interface Pace {
  /** Its newest step, and the time at which it was reported, in seconds. */
  last: { readonly step: number; readonly at: number };
  readonly speeds: number[];
}

/**
 * How many trials to train at once, by their measured speed: begins with one and doubles up to a limit as long as that makes at
 * least a tenth more steps per second in total. Trials of different configurations differ in speed, so each is compared with itself: with
 * twice as many at once, it must keep more than 0.55 of its speed. If trials are too short to be measured, the limit is used.
 */
export class MeasuredJobs {
  private current: number;
  private settled: boolean;
  private readonly paces = new Map<string, Pace>();
  /** Speeds at half as many jobs. */
  private before = new Map<string, number>();

  /**
   * @param most Limit by cores and memory.
   * @param changed Called when there are more or fewer, with the reason once it is decided.
   */
  constructor(
    private readonly most: number,
    private readonly changed: (reason: string | null) => void,
    private readonly clock: Clock = systemClock,
  ) {
    this.current = Math.min(1, most);
    this.settled = most === this.current;
  }

  /** Current number of trials to train at once. */
  get jobs(): number {
    return this.current;
  }

  /** Records that a trial has done a step. */
  progressed(trial: string, step: number): void {
    if (this.settled) return;
    const last = { step, at: this.clock.now() / 1000 };
    const pace = this.paces.get(trial);
    if (pace === undefined) {
      this.paces.set(trial, { last, speeds: [] });
      // Speeds measured before all trials were training do not count.
      if (this.paces.size === this.current) for (const each of this.paces.values()) each.speeds.length = 0;
      return;
    }
    const seconds = last.at - pace.last.at;
    if (seconds < speedEvery) return;
    pace.speeds.push((step - pace.last.step) / seconds);
    pace.last = last;
    const all = [...this.paces.values()];
    if (all.length === this.current && all.every(({ speeds }) => speeds.length >= measuredSpeeds)) this.decide();
  }

  /** Records that a trial has ended or was stopped. */
  ended(): void {
    if (!this.settled) this.settle(this.most, null);
  }

  private decide(): void {
    const speeds = new Map([...this.paces].map(([trial, pace]) => [trial, median(pace.speeds)]));
    const kept = [...speeds].flatMap(([trial, speed]) => {
      const alone = this.before.get(trial);
      return alone === undefined || alone === 0 ? [] : [speed / alone];
    });
    const half = this.before.size;
    const gain = half === 0 ? Infinity : ((this.current / half) * sum(kept)) / kept.length;
    if (gain < minGain) {
      this.settle(half, `${this.current} would train only ${gain.toFixed(2)} times as fast in total`);
      return;
    }
    if (this.current === this.most) {
      this.settle(this.most, `in total they train ${gain.toFixed(1)} times as fast as ${half}`);
      return;
    }
    this.before = speeds;
    this.paces.clear();
    this.current = Math.min(2 * this.current, this.most);
    this.changed(null);
  }

  private settle(jobs: number, reason: string | null): void {
    [this.current, this.settled] = [jobs, true];
    this.changed(reason);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
