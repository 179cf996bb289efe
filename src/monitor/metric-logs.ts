import { stat } from "node:fs/promises";
import { join } from "node:path";

import type { Scalars } from "./api.ts";
import { MetricLog } from "./metric-log.ts";
import { pathInRun } from "./run-files.ts";

/** Runs whose scalars are kept: those of a comparison, and some that were looked at before. */
const kept = 12;

interface Kept {
  readonly log: MetricLog;
  /** Reads of one log come after each other. */
  reading: Promise<unknown>;
}

/** Where a run logs its scalars, also before it has logged any; null for a link out of its folder, and for what is no file. */
export async function metricsPath(folder: string): Promise<string | null> {
  try {
    const path = await pathInRun(folder, "metrics.jsonl");
    if (path === null) return join(folder, "metrics.jsonl");
    return (await stat(path)).isFile() ? path : null;
  } catch {
    return null;
  }
}

/** The scalars of the runs that were last looked at, so that a long file is read once. */
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
    // What went back to an earlier step is read again.
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
