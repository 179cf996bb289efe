export * from "./engine.ts";
export * from "./interpreter.ts";
export * from "./onnxruntime.ts";
export * from "./ort.ts";
export * from "./image-port.ts";
export * from "./onnx-net.ts";
export * from "./kernel-engine.ts";
export * from "./probe.ts";
export type { StartThread, ThreadHost, ThreadListener, ThreadOptions } from "./threads.ts";
