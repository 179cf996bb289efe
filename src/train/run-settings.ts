import type { Clock } from "../base/clock.ts";
import type { Store } from "../base/store.ts";
import type { OwnChecks } from "../diagnosis/own-checks.ts";

/** Where a run is stored, how it is stopped, and your own metrics and symptoms. */
export interface RunSettings extends OwnChecks {
  /** Store of the run; in memory by default. */
  readonly store?: Store;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** What results depend on in addition to the config, recorded in run.json: the version of zaya, of ONNX Runtime, threads. */
  readonly versions?: Readonly<Record<string, string>>;
}
