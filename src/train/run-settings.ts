import type { Clock } from "../base/clock.ts";
import type { Store } from "../base/store.ts";
import type { OwnChecks } from "../diagnosis/own-checks.ts";

/** Store of a run, the signal that stops it, and custom metrics and symptoms. */
export interface RunSettings extends OwnChecks {
  /** Store of the run; in memory by default. */
  readonly store?: Store;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Versions and settings that results depend on in addition to the config, recorded in run.json: the version of zaya, of ONNX Runtime, threads. */
  readonly versions?: Readonly<Record<string, string>>;
}
