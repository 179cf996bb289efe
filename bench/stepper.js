import { key } from "../dist/base/random.js";
import { flatten } from "../dist/base/tree.js";
import { constantSchedule } from "../dist/optim/index.js";
import { startThread } from "../dist/node/start-thread.js";
import { kernelEngine, ortEngine, wasmEngine } from "../dist/runtime/index.js";
import { initialParams, layoutOf, ravel } from "../dist/step/layout.js";
import { feedDeclared } from "../dist/step/feeds.js";
import { stateNames } from "../dist/step/state-view.js";
import { batchName, traceStep } from "../dist/step/trace.js";

/** By the names that `--device` has for them. */
const engines = {
  cpu: (threads) => ortEngine({ device: "cpu", threads }),
  kernels: (threads, observe) =>
    kernelEngine({ device: "cpu", threads }, { threads: { threads, start: startThread }, observe }),
  wasm: (threads, observe) => wasmEngine({ threads: { threads, start: startThread }, observe }),
};

/** A compiled training step of a workload, with its state and its batches. */
export async function createStepper({ model, batch, learningRate, data }, threads, device = "kernels", observe) {
  const engine = engines[device](threads, observe);
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
  const compiled = await engine.compile(program);
  const state = engine.createState(values);
  const batches = data(16);
  let count = 0;
  return {
    state,
    release: () => compiled.release(),
    run: async () => {
      const feeds = {
        ...feedDeclared(declared, { key: key(1), count, progress: { step: count, steps: count + 1 } }),
        [batchName(0)]: batches[count % batches.length],
      };
      count++;
      const outputs = await compiled.run(feeds, state);
      return Object.values(outputs).reduce((sum, value) => sum + value.data[0], 0);
    },
  };
}
