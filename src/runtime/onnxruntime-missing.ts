// Stands in for ONNX Runtime where there is none: the engines that need it say so when they are asked for. In a browser it can
// be supplied later, because onnxruntime-web is large and only some pages want it.
import { EngineError } from "../base/errors.ts";

/**
 * ONNX Runtime's names, all of which throw.
 * @param got What was found in its place. @param advice What to do.
 */
export function withoutOnnxRuntime(got: string, advice: string) {
  const missing = (): never => {
    throw new EngineError(`this engine needs ONNX Runtime - got ${got}`, advice);
  };
  class Tensor {
    /** @throws EngineError. */
    constructor() {
      missing();
    }
  }
  return { InferenceSession: { create: missing }, Tensor, env: { versions: { common: "" } } };
}

// Importers see what is assigned later: exports are live bindings.
export let { InferenceSession, Tensor, env } = withoutOnnxRuntime("none", "use wasmEngine(), which needs nothing");

/** Puts ONNX Runtime in the place of these names. @param runtime The module onnxruntime-web or one like it. */
export function supplyOnnxRuntime(runtime: object): void {
  ({ InferenceSession, Tensor, env } = runtime as ReturnType<typeof withoutOnnxRuntime>);
}
