import type { NdArray } from "../base/ndarray.ts";
import { key } from "../base/random.ts";
import { flatten } from "../base/tree.ts";
import type { Model } from "../models/index.ts";
import type { Schedule } from "../optim/index.ts";
import type { Arrays } from "../runtime/index.ts";
import { initialParams, ravel } from "./layout.ts";
import { stateEntry, stateNames } from "./state-view.ts";
import type { StepOptions } from "./trace.ts";

/**
 * The state of a run before its first step.
 * @param rate The learning rate over the steps.
 * @param given Parameters and running statistics by their names, where they are not to be drawn.
 */
export function initialState(model: Model, seed: number, rate: Schedule, given: Arrays = {}): Arrays {
  const state: Record<string, Arrays[string]> = {};
  for (const [net, params] of Object.entries(initialParams(model, key(seed)))) {
    const name = stateNames.params(net);
    state[name] = given[name] ?? ravel(params);
    for (const [path, value] of flatten(model.nets[net]!.stats ?? {})) {
      state[stateNames.stat(net, path)] = given[stateNames.stat(net, path)] ?? value;
    }
  }
  for (const step of model.steps) {
    for (const net of step.updates) {
      const slots = step.optimizer(rate, net).init(state[stateNames.params(net)] as NdArray<"float32">);
      for (const [slot, value] of Object.entries(slots)) state[stateNames.slot(step.name, net, slot)] = value;
    }
  }
  return state;
}

/** What the optimizer of a step keeps for a net, by name. */
export function slotNamesOf(state: Arrays): StepOptions["slotNames"] {
  const entries = Object.keys(state).map(stateEntry);
  return (step, net) =>
    entries.flatMap((entry) => (entry.kind === "slot" && entry.step === step && entry.net === net ? [entry.slot] : []));
}
