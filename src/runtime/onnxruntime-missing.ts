// The substitute for ONNX Runtime if it is missing: engines that need it throw an error when they are requested. In a browser
// it can be supplied later, because onnxruntime-web is large and only some pages need it.
import { EngineError } from "../base/errors.ts";

/**
 * ONNX Runtime's exports, all of which throw.
 * @param got What was found instead. @param advice What to do.
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

// Importers see later assignments, because exports are live bindings.
export let { InferenceSession, Tensor, env } = withoutOnnxRuntime(
  "none",
  "use wasmEngine(), which needs no other package",
);

/** Supplies ONNX Runtime. @param runtime The module onnxruntime-web, or a compatible one. */
export function supplyOnnxRuntime(runtime: object): void {
  ({ InferenceSession, Tensor, env } = runtime as ReturnType<typeof withoutOnnxRuntime>);
}
