// Stands in for ONNX Runtime where there is none, as in a browser: the engines that need it say so when they are asked for.
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

export const { InferenceSession, Tensor, env } = withoutOnnxRuntime("none", "use wasmEngine(), which needs nothing");
