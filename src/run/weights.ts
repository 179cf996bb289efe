import { emaSlot } from "../optim/index.ts";
import type { Arrays } from "../runtime/index.ts";
import { stateEntry, stateNames } from "../step/state-view.ts";

/** Which parameters are used for inference: their exponential moving average (if kept), or those of the last step. */
export type Weights = "ema" | "last";

/** The part of a run's state that inference needs, with the chosen parameters. */
export function inferenceState(state: Arrays, weights: Weights): Arrays {
  const chosen = Object.fromEntries(Object.entries(state).filter(([name]) => stateEntry(name).kind !== "slot"));
  return weights === "last" ? chosen : { ...chosen, ...averages(state) };
}

/** Whether a run keeps EMA parameters. */
export function hasEma(names: readonly string[]): boolean {
  return names.some((name) => averagedNet(name) !== null);
}

function averages(state: Arrays): Arrays {
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, value]) => {
      const net = averagedNet(name);
      return net === null ? [] : [[stateNames.params(net), value]];
    }),
  );
}

/** The net whose EMA parameters an entry of the state holds; null for other entries. */
function averagedNet(name: string): string | null {
  const entry = stateEntry(name);
  return entry.kind === "slot" && entry.slot === emaSlot ? entry.net : null;
}
