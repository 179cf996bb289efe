import { RunError } from "../base/errors.ts";
import type { Model } from "../models/index.ts";
import { type LoadedCheckpoint, checkpointFolders, isIntact, loadNewest, requirePlaces } from "./checkpoint.ts";
import type { ResolvedTraining } from "./config.ts";
import type { Run } from "./run.ts";
import type { Layouts } from "../step/state-view.ts";

/** Whether a run has made all its steps; not if it was lengthened since, or its last checkpoint is lost. */
export async function isDone({ state, config, newest, store }: Run): Promise<boolean> {
  if (state.status !== "done" || state.step < config.train.steps || (newest?.step ?? 0) < state.saved) return false;
  return newest === null || isIntact(store, newest);
}

/** @throws RunError when there is nothing to resume: the run is complete, or would diverge again. */
export async function requireResumable(run: Run): Promise<void> {
  const { status, step } = run.state;
  requireSaved(run);
  if (await isDone(run)) {
    throw new RunError(
      `the run is finished: all ${step} steps are done`,
      "train it for longer: zaya resume RUN --steps N",
    );
  }
  if (status === "diverged") {
    throw new RunError(
      `the run diverged at step ${step} and would diverge again`,
      "train a new run from its config.json with a smaller --learning-rate",
    );
  }
}

/** @throws RunError when no intact checkpoint is left. */
export function requireSaved(run: Run): void {
  if (run.state.saved > 0 && run.newest === null) throw nothingLeft(run.recovered);
}

function nothingLeft(damaged: readonly string[]): RunError {
  return new RunError(
    `the run must have an intact checkpoint - ${damaged.join("; ")}`,
    "restore its folder checkpoints/, or restart at step 1: zaya resume RUN --from-scratch",
  );
}

/** Where a run resumes. */
export interface RunStart extends Omit<LoadedCheckpoint, "passedOver"> {
  /** Steps already made; 0 for a new run. */
  readonly step: number;
  /** Missing or damaged files of the run, and what is used in their place. */
  readonly recovered: readonly string[];
}

/**
 * Finds where a run resumes. @throws RunError when all checkpoints are gone or damaged, or the path of a future
 * one is taken.
 */
export async function startOf(
  run: Run,
  model: Model,
  layouts: Layouts,
  { steps, checkpointEvery }: Pick<ResolvedTraining, "steps" | "checkpointEvery">,
): Promise<RunStart> {
  const { checkpoint, state, passedOver } = await loadNewest(run.store, model, layouts);
  const recovered = [...run.recovered, ...passedOver];
  const start = checkpoint?.step ?? 0;
  if (start === 0 && run.state.saved > 0) throw nothingLeft(recovered);
  const due = (step: number) => step > start && step <= steps && (step % checkpointEvery === 0 || step === steps);
  await requirePlaces(run.store, due);
  if (await run.store.has(checkpointFolders.best)) {
    throw new RunError(
      `${checkpointFolders.best}: a file is in the place of the folder of the best checkpoint`,
      "move it out of checkpoints/, then continue: zaya resume RUN",
    );
  }
  return { step: start, checkpoint, state, recovered };
}
