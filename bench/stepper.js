import { startThread } from "../dist/node/start-thread.js";
import { kernelEngine, ortEngine, wasmEngine } from "../dist/runtime/index.js";
import { productFlops } from "./product-flops.js";
import { traceWorkload } from "./traced-step.js";

/** By the names that `--device` has for them. */
const engines = {
  cpu: (threads) => ortEngine({ device: "cpu", threads }),
  kernels: (threads, observe) =>
    kernelEngine({ device: "cpu", threads }, { threads: { threads, start: startThread }, observe }),
  wasm: (threads, observe) => wasmEngine({ threads: { threads, start: startThread }, observe }),
};

/** A compiled training step of a workload, with its state and its batches. */
export async function createStepper(workload, threads, device = "kernels", observe) {
  const engine = engines[device](threads, observe);
  const { program, values, feedsOf } = traceWorkload(workload);
  const compiled = await engine.compile(program);
  const state = engine.createState(values);
  let count = 0;
  return {
    state,
    flops: productFlops(program),
    release: () => compiled.release(),
    run: async () => {
      const outputs = await compiled.run(feedsOf(count++), state);
      return Object.values(outputs).reduce((sum, value) => sum + value.data[0], 0);
    },
  };
}
