import * as ort from "#onnxruntime";

/** Whether ONNX Runtime is here: a browser's bundle does without it, and so may Node. */
export const hasOnnxRuntime: boolean = ort.env.versions.common !== "";

// Its own log is not meant for users; for example, it warns about telemetry if the home folder is not writable.
if (hasOnnxRuntime) ort.env.logLevel = "error";

/** Whether ONNX Runtime writes into tensors that it is given for outputs. onnxruntime-web leaves them as they were. */
export const writesGiven = (): boolean => ort.env.versions.web === undefined;

/** @throws EngineError where ONNX Runtime is not here: why, and how it is installed. */
export function requireOnnxRuntime(): void {
  // What stands in for it throws when anything is made of it.
  if (!hasOnnxRuntime) void new ort.Tensor("float32", [0]);
}

/** How ONNX Runtime is to run. */
export interface OrtOptions {
  readonly device: "cpu" | "webgpu";
  /** Threads of one operator on the CPU. */
  readonly threads: number;
}
