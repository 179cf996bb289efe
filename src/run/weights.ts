import { emaSlot } from "../optim/index.ts";
import type { Arrays } from "../runtime/index.ts";
import { stateNames } from "../step/state-view.ts";

/** Which parameters a model is judged by: their averages, where they were kept, or those of its last step. */
export type Weights = "ema" | "last";

/** The part of a run's state that inference needs, with the chosen parameters. */
export function inferenceState(state: Arrays, weights: Weights): Arrays {
  const chosen = Object.fromEntries(
    Object.entries(state).filter(([name]) => name.startsWith("params/") || name.startsWith("stats/")),
  );
  return weights === "last" ? chosen : { ...chosen, ...averages(state) };
}

/** Whether a run keeps averages. */
export function hasAverages(names: readonly string[]): boolean {
  return names.some((name) => name.split("/")[1] === emaSlot);
}

function averages(state: Arrays): Arrays {
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, value]) => {
      const [, slot, net] = name.split("/");
      return slot === emaSlot ? [[stateNames.params(net!), value]] : [];
    }),
  );
}
