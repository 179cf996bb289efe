import { stat } from "node:fs/promises";
import { join } from "node:path";

import type { Scalars } from "./api.ts";
import { MetricLog } from "./metric-log.ts";
import { pathInRun } from "./run-files.ts";

/** Number of runs whose scalars are cached: those of a comparison, and some viewed earlier. */
const kept = 12;

interface Kept {
  readonly log: MetricLog;
  /** Reads of one log are serialised. */
  reading: Promise<unknown>;
}

/** Path of a run's metrics.jsonl, even before it exists; null for a link out of the run's folder, and for anything but a file. */
export async function metricsPath(folder: string): Promise<string | null> {
  try {
    const path = await pathInRun(folder, "metrics.jsonl");
    if (path === null) return join(folder, "metrics.jsonl");
    return (await stat(path)).isFile() ? path : null;
  } catch {
    return null;
  }
}

/** Cached scalars of the runs that were viewed last, so that a long file is read only once. */
export class MetricLogs {
  private readonly logs = new Map<string, Kept>();

  /** Everything logged so far by the run in a folder, each scalar in at most `intervals` intervals of steps. */
  async scalars(folder: string, intervals: number): Promise<Scalars> {
    const path = await metricsPath(folder);
    if (path === null) return { series: [], clock: { steps: [], images: [], seconds: [] }, from: 0, unreadable: 0 };
    const own = this.logs.get(path) ?? { log: new MetricLog(path), reading: Promise.resolve() };
    this.logs.delete(path);
    this.logs.set(path, own);
    for (const oldest of this.logs.keys()) if (this.logs.size > kept) this.logs.delete(oldest);
    // If the run has gone back to an earlier step, its log is read again.
    own.reading = own.reading.then(() => own.log.read()).then((found) => found ?? own.log.read());
    try {
      await own.reading;
    } catch (error) {
      this.logs.delete(path);
      throw error;
    }
    return own.log.scalars(intervals);
  }
}
