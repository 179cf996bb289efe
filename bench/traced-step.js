import { key } from "../dist/base/random.js";
import { flatten } from "../dist/base/tree.js";
import { constantSchedule } from "../dist/optim/index.js";
import { feedDeclared } from "../dist/step/feeds.js";
import { initialParams, layoutOf, ravel } from "../dist/step/layout.js";
import { stateNames } from "../dist/step/state-view.js";
import { batchName, traceStep } from "../dist/step/trace.js";

/** The training step of a workload as a program, the state that it begins with, and what is fed to each step: the same everywhere. */
export function traceWorkload({ model, batch, learningRate, data }) {
  const initial = initialParams(model, key(0));
  const layouts = Object.fromEntries(Object.entries(initial).map(([net, params]) => [net, layoutOf(params)]));
  const rate = constantSchedule(learningRate);
  const values = {};
  for (const [net, params] of Object.entries(initial)) {
    values[stateNames.params(net)] = ravel(params);
    for (const [path, value] of flatten(model.nets[net].stats ?? {})) values[stateNames.stat(net, path)] = value;
  }
  const slots = new Map();
  for (const step of model.steps) {
    for (const net of step.updates) {
      const created = step.optimizer(rate, net).init(ravel(initial[net]));
      slots.set(`${step.name}/${net}`, Object.keys(created));
      for (const [slot, value] of Object.entries(created)) values[stateNames.slot(step.name, net, slot)] = value;
    }
  }
  const { program, declared } = traceStep({
    model,
    layouts,
    batch,
    rate,
    slotNames: (step, net) => slots.get(`${step}/${net}`),
  });
  const batches = data(16);
  const feedsOf = (count) => ({
    ...feedDeclared(declared, { key: key(1), count, progress: { step: count, steps: count + 1 } }),
    [batchName(0)]: batches[count % batches.length],
  });
  return { program, values, feedsOf, initial };
}
