import { endedBefore, repeats } from "../run/lengthen.ts";
import { rateOf } from "../run/config.ts";
import { requireInitial } from "../run/initial-parameters.ts";
import type { MetricLine } from "../run/metric-lines.ts";
import type { Plan } from "../run/plan.ts";
import { startOf } from "../run/resumable.ts";
import type { Run } from "../run/run.ts";
import type { Arrays } from "../runtime/index.ts";
import { drawParameters, initialState } from "../step/initial-state.ts";
import type { Layouts } from "../step/state-view.ts";
import type { TrainEvent } from "./events.ts";

/** Where a training session starts. */
export interface SessionStart {
  /** Steps already made. */
  readonly step: number;
  readonly layouts: Layouts;
  readonly state: Arrays;
  /** The lines logged up to there. */
  readonly lines: readonly MetricLine[];
}

/**
 * Resets the record of a run to its newest checkpoint, or to its beginning. @throws RunError when the run cannot be
 * resumed.
 */
export async function* startSession(run: Run, plan: Plan): AsyncGenerator<TrainEvent, SessionStart> {
  const { config, model, initial } = plan;
  const { layouts, values } = drawnOf(plan);
  const { step, checkpoint, recovered, ...found } = await startOf(run, model, layouts, config.train);
  for (const what of recovered) yield { type: "recovered", what };
  yield { type: "phase", phase: "compile" };
  if (found.state === null) requireInitial(run, initial);
  const state = found.state ?? initialState(model, values, rateOf(config.train));
  // Everything after the checkpoint is repeated.
  const lost = await run.forget(
    checkpoint,
    (line: MetricLine) => repeats(config, model, step, line),
    endedBefore(config, step),
  );
  for (const file of await run.restore()) yield { type: "recovered", what: `${file} is restored` };
  if (lost !== null) yield { type: "recovered", what: lost };
  return { step, layouts, state, lines: await run.metrics() };
}

/** The parameters that a run begins with: those of another run, or drawn. */
function drawnOf({ config, model, initial }: Plan) {
  return initial ?? drawParameters(model, config.train.seed);
}

/** Starts a run that has made no step. */
export function initialOf(plan: Plan): Pick<SessionStart, "layouts" | "state"> {
  const { layouts, values } = drawnOf(plan);
  return { layouts, state: initialState(plan.model, values, rateOf(plan.config.train)) };
}
