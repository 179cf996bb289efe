import type { NewScalar, RunPage, Series } from "../../../src/monitor/api.ts";
import { followRun, readRun, readScalars } from "../shell/client.ts";

/** Intervals of steps that a curve is first read in. */
const intervals = 1000;

/** New points after which a curve is read anew, thinned again. */
const mostNew = 2000;

/** A run as the page holds it while it is looked at: it follows the server until it is let go. */
export class LiveRun {
  page = $state.raw<RunPage | null>(null);
  series = $state.raw<readonly Series[]>([]);
  problem = $state<string | null>(null);
  lost = $state(false);

  private release: (() => void) | null = null;
  private gone = false;
  private pending: NewScalar[] = [];
  private added = 0;

  constructor(readonly id: string) {
    void this.open();
  }

  close(): void {
    this.gone = true;
    this.release?.();
  }

  private async open(): Promise<void> {
    this.release?.();
    try {
      const [page, scalars] = await Promise.all([readRun(this.id), readScalars(this.id, intervals)]);
      if (this.gone) return;
      this.page = page;
      this.series = scalars.series;
      this.added = 0;
      this.release = followRun(this.id, scalars.from, {
        onScalars: (lines) => this.take(lines),
        onPage: (found) => (this.page = found),
        onReset: () => void this.open(),
        onLost: (lost) => (this.lost = lost),
      });
    } catch (error) {
      this.problem = (error as Error).message;
    }
  }

  /** Draws at most once a frame, however fast lines come. */
  private take(lines: readonly NewScalar[]): void {
    if (this.pending.length === 0) requestAnimationFrame(() => this.add());
    for (const line of lines) this.pending.push(line);
  }

  private add(): void {
    const grown = new Map(this.series.map((each) => [`${each.split}/${each.name}`, each]));
    const fresh = new Map<string, { steps: number[]; values: (number | null)[] }>();
    for (const [split, name, step, value] of this.pending) {
      const key = `${split}/${name}`;
      if (!grown.has(key)) grown.set(key, { split, name, steps: [], values: [] });
      let own = fresh.get(key);
      if (own === undefined) fresh.set(key, (own = { steps: [], values: [] }));
      own.steps.push(step);
      own.values.push(value);
    }
    for (const [key, { steps, values }] of fresh) {
      const before = grown.get(key)!;
      grown.set(key, {
        ...before,
        steps: [...before.steps, ...steps],
        values: [...before.values, ...values],
        ...(before.low !== undefined && { low: [...before.low, ...values], high: [...before.high!, ...values] }),
      });
      this.added = Math.max(this.added, steps.length);
    }
    this.pending = [];
    this.series = [...grown.values()];
    if (this.added > mostNew) void this.open();
  }
}
