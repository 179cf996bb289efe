import type { NewScalar, RunPage, Series, StepClock } from "../../../src/monitor/api.ts";
import { type Lost, followRuns, readRun, readScalars } from "../shell/client.ts";

/** Intervals of steps that a curve is first read in. */
const intervals = 1000;

/** New points after which a curve is read anew, thinned again. */
const mostNew = 2000;

/** How long a run that is not there is waited for until it is asked for again, in milliseconds. */
const retryAfter = 2000;

const gone = "Its folder is no longer there. This page goes on if it comes back.";

const noClock: StepClock = { steps: [], images: [], seconds: [] };

/** A run as the page holds it while it is looked at. */
export class LiveRun {
  page = $state.raw<RunPage | null>(null);
  series = $state.raw<readonly Series[]>([]);
  clock = $state.raw<StepClock>(noClock);
  /** Lines of its metrics that cannot be read. */
  unreadable = $state(0);
  /** Why there is nothing to see, or no longer anything new. */
  problem = $state<string | null>(null);

  private pending: NewScalar[] = [];
  private added = 0;

  constructor(readonly id: string) {}

  get quantities(): Readonly<Record<string, string>> {
    return this.page?.quantities ?? {};
  }

  /** The newest step that it has told. */
  get step(): number {
    return Math.max(this.page?.row.step ?? 0, this.clock.steps.at(-1) ?? 0);
  }

  /** Reads all of it. Returns the place in its metrics from which to follow it. */
  async read(): Promise<number> {
    const [page, scalars] = await Promise.all([readRun(this.id), readScalars(this.id, intervals)]);
    this.page = page;
    this.series = scalars.series;
    this.clock = scalars.clock;
    this.unreadable = scalars.unreadable;
    this.problem = null;
    this.pending = [];
    this.added = 0;
    return scalars.from;
  }

  /** Takes new lines; draws at most once a frame, however fast they come. Returns whether it should be read anew. */
  take(lines: readonly NewScalar[]): boolean {
    if (this.pending.length === 0) requestAnimationFrame(() => this.add());
    for (const line of lines) this.pending.push(line);
    return this.added > mostNew;
  }

  private add(): void {
    if (this.pending.length === 0) return;
    const grown = new Map(this.series.map((each) => [`${each.split}/${each.name}`, each]));
    const fresh = new Map<string, { steps: number[]; values: (number | null)[] }>();
    const clock = { steps: [...this.clock.steps], images: [...this.clock.images], seconds: [...this.clock.seconds] };
    for (const [split, name, step, value, images, seconds] of this.pending) {
      const key = `${split}/${name}`;
      if (!grown.has(key)) grown.set(key, { split, name, steps: [], values: [] });
      let own = fresh.get(key);
      if (own === undefined) fresh.set(key, (own = { steps: [], values: [] }));
      own.steps.push(step);
      own.values.push(value);
      if (step <= (clock.steps.at(-1) ?? -1)) continue;
      clock.steps.push(step);
      clock.images.push(Math.max(images, clock.images.at(-1) ?? 0));
      clock.seconds.push(Math.max(seconds, clock.seconds.at(-1) ?? 0));
    }
    let most = 0;
    for (const [key, { steps, values }] of fresh) {
      const before = grown.get(key)!;
      grown.set(key, {
        ...before,
        steps: [...before.steps, ...steps],
        values: [...before.values, ...values],
        ...(before.low !== undefined && { low: [...before.low, ...values], high: [...before.high!, ...values] }),
      });
      most = Math.max(most, steps.length);
    }
    this.added += most;
    this.pending = [];
    this.clock = clock;
    this.series = [...grown.values()];
  }
}

/** Runs that are looked at together: they follow the server until they are let go. */
export class LiveRuns {
  readonly runs: readonly LiveRun[];
  lost = $state<Lost>(null);

  private release: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  private opening = false;

  constructor(ids: readonly string[]) {
    this.runs = ids.map((id) => new LiveRun(id));
    void this.open();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.release?.();
  }

  private async open(): Promise<void> {
    if (this.opening || this.closed) return;
    this.opening = true;
    this.release?.();
    const there = await Promise.all(
      this.runs.map((run) =>
        run.read().then(
          (from) => ({ run, from }),
          (error: Error) => {
            run.problem = run.page === null ? `${error.message}. This page goes on when it is there.` : gone;
            return null;
          },
        ),
      ),
    );
    this.opening = false;
    if (this.closed) return;
    // One that is not there yet, or no longer, may come.
    if (there.includes(null)) this.reopen();
    const found = there.filter((each) => each !== null);
    if (found.length === 0) return;
    const of = (run: number) => found[run]!.run;
    this.release = followRuns(
      found.map(({ run }) => run.id),
      found.map(({ from }) => from),
      {
        scalars: ({ run, lines }) => {
          if (of(run).take(lines)) void this.open();
        },
        page: ({ run, page }) => (of(run).page = page),
        reset: () => void this.open(),
        gone: ({ run }) => {
          of(run).problem = gone;
          this.reopen();
        },
      },
      (lost) => (this.lost = lost),
    );
  }

  private reopen(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.lookAgain(), retryAfter);
  }

  private async lookAgain(): Promise<void> {
    const missing = this.runs.filter(({ problem }) => problem !== null);
    const found = await Promise.allSettled(missing.map(({ id }) => readRun(id)));
    if (this.closed) return;
    if (found.some(({ status }) => status === "fulfilled")) await this.open();
    else this.reopen();
  }
}
