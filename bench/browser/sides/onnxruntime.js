// zaya's training step as an ONNX graph on onnxruntime-web's WebAssembly: what a zaya without kernels of its own would be.
import * as ort from "onnxruntime-web/wasm";

import { ortEngine, requireUpdates } from "../../../dist/runtime/index.js";
import { supplyOnnxRuntime } from "../../../dist/runtime/onnxruntime-missing.js";
import { lossOf } from "./zaya.js";

export async function open({ program, values, feedsOf, threads }) {
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  supplyOnnxRuntime(ort);
  const engine = ortEngine({ device: "cpu", threads });
  await requireUpdates(engine);
  const compiled = await engine.compile(program);
  const state = engine.createState(values);
  let count = 0;
  return {
    version: ort.env.versions.web,
    note: `wasm, ${ort.env.wasm.numThreads} threads`,
    step: async () => lossOf(await compiled.run(feedsOf(count++), state)),
  };
}
