import * as ort from "#onnxruntime";

/** Whether ONNX Runtime is available: browser bundles do not include it, and in Node it is optional. */
export const hasOnnxRuntime: boolean = ort.env.versions.common !== "";

// Its own log is not meant for users; for example, it warns about telemetry if the home folder is not writable.
if (hasOnnxRuntime) ort.env.logLevel = "error";

/** Whether ONNX Runtime writes to given output tensors. onnxruntime-web ignores them. */
export const writesGiven = (): boolean => ort.env.versions.web === undefined;

/** @throws EngineError if ONNX Runtime is not available, with the reason and how to install it. */
export function requireOnnxRuntime(): void {
  // The substitute's constructors throw.
  if (!hasOnnxRuntime) void new ort.Tensor("float32", [0]);
}

/** Settings of ONNX Runtime. */
export interface OrtOptions {
  readonly device: "cpu" | "webgpu";
  /** Number of threads per operator on the CPU. */
  readonly threads: number;
}
