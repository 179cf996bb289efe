// Stands in for ONNX Runtime where there is none, as in a browser: the engines that need it say so when they are asked for.
import { EngineError } from "../base/errors.ts";

function missing(): never {
  throw new EngineError(
    "ONNX Runtime must be there for this engine - got none here",
    "use wasmEngine(), which needs nothing",
  );
}

export const InferenceSession = { create: missing };

/** @throws EngineError. */
export class Tensor {
  constructor() {
    missing();
  }
}

export const env = { versions: { common: "" } };
