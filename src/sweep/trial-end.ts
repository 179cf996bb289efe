import type { Store } from "../base/store.ts";
import { Run, isDone } from "../run/index.ts";
import { finalValue, valueUntil } from "./metric.ts";

/** The outcome of a trial, or of a part of it. */
export type TrialEnd =
  /** All requested steps are done. */
  | {
      readonly status: "done" | "paused";
      readonly step: number;
      readonly seconds: number;
      readonly value: number | null;
    }
  /** A loss was not finite: a result. */
  | { readonly status: "diverged"; readonly step: number; readonly seconds: number; readonly reason: string }
  /** It failed in every attempt. */
  | { readonly status: "failed"; readonly reason: string };

/** Progress of a trial's run. */
export interface TrialProgress {
  readonly step: number;
  readonly saved: number;
}

/**
 * The outcome of a trial's run, or its progress if steps are left; null if there is no run yet.
 * @param until Steps after which the trial is to pause; null for all.
 */
export async function readTrial(
  store: Store,
  metric: string,
  until: number | null,
): Promise<TrialEnd | TrialProgress | null> {
  if (!(await store.has("run.json")) && (await store.list("checkpoints")).length === 0) return null;
  const run = await Run.open(store);
  const { status, step, seconds, saved } = run.state;
  if (status === "diverged") {
    return { status, step, seconds, reason: run.state.reason ?? "a loss was not finite" };
  }
  if (await isDone(run)) return { status: "done", step, seconds, value: await finalValue(run, metric) };
  if (until !== null && (run.newest?.step ?? 0) >= until) {
    return { status: "paused", step: saved, seconds, value: valueUntil(await run.metrics(), metric, until) };
  }
  return { step, saved: run.newest?.step ?? 0 };
}

/** Whether a trial has ended. */
export function hasEnded(state: TrialEnd | TrialProgress | null): state is TrialEnd {
  return state !== null && "status" in state;
}
