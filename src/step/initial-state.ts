import type { NdArray } from "../base/ndarray.ts";
import { key } from "../base/random.ts";
import { flatten } from "../base/tree.ts";
import type { Model } from "../models/index.ts";
import type { Schedule } from "../optim/index.ts";
import type { Arrays } from "../runtime/index.ts";
import { type Layout, initialParams, layoutOf, ravel } from "./layout.ts";
import { type Layouts, stateEntry, stateNames } from "./state-view.ts";
import type { StepOptions } from "./trace.ts";

/** Parameters of a model's nets. */
export interface Parameters {
  readonly layouts: Layouts;
  /** Parameters and running statistics, by their names in the state. */
  readonly values: Arrays;
}

/** Initial parameters for a seed, and initial running statistics. */
export function drawParameters(model: Model, seed: number): Parameters {
  const layouts: Record<string, Layout> = {};
  const values: Record<string, NdArray> = {};
  for (const [net, params] of Object.entries(initialParams(model, key(seed)))) {
    layouts[net] = layoutOf(params);
    values[stateNames.params(net)] = ravel(params);
    for (const [path, value] of flatten(model.nets[net]!.stats ?? {})) values[stateNames.stat(net, path)] = value;
  }
  return { layouts, values };
}

/**
 * The state of a run before its first step.
 * @param values Parameters and running statistics by name; those of nets that the model does not have are left out.
 * @param rate The learning-rate schedule.
 */
export function initialState(model: Model, values: Arrays, rate: Schedule): Arrays {
  const state: Record<string, NdArray> = {};
  for (const [net, { stats = {} }] of Object.entries(model.nets)) {
    const own = [stateNames.params(net), ...[...flatten(stats).keys()].map((path) => stateNames.stat(net, path))];
    for (const name of own) state[name] = values[name]!;
  }
  for (const step of model.steps) {
    for (const net of step.updates) {
      const slots = step.optimizer(rate, net).init(state[stateNames.params(net)] as NdArray<"float32">);
      for (const [slot, value] of Object.entries(slots)) state[stateNames.slot(step.name, net, slot)] = value;
    }
  }
  return state;
}

/** Names of the optimizer slots of a step and net, in a state. */
export function slotNamesOf(state: Arrays): StepOptions["slotNames"] {
  const entries = Object.keys(state).map(stateEntry);
  return (step, net) =>
    entries.flatMap((entry) => (entry.kind === "slot" && entry.step === step && entry.net === net ? [entry.slot] : []));
}
