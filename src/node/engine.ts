import { availableParallelism } from "node:os";

import * as ort from "#onnxruntime";

import { version } from "../base/version.ts";
import {
  type Engine,
  type OrtOptions,
  hasOnnxRuntime,
  kernelEngine,
  ortEngine,
  requireUpdates,
  wasmEngine,
} from "../runtime/index.ts";
import { availableMemory } from "./memory.ts";
import { loadSharp } from "./sharp.ts";
import { startThread } from "./start-thread.ts";

/** Every device by name; `auto` is one of the others. */
export const devices = ["auto", "cpu", "kernels", "wasm", "webgpu"] as const;

/**
 * `auto` is `kernels`, or `wasm` where ONNX Runtime is not installed. `kernels` computes large products with ONNX Runtime and
 * fuses everything else into WebAssembly kernels; `wasm` is kernels alone, without native code; `cpu` is ONNX Runtime
 * alone. `cpu` and `webgpu` are used only on request.
 */
export type Device = (typeof devices)[number];

/** The device that `auto` selects on this machine. */
export const defaultDevice: Device = hasOnnxRuntime ? "kernels" : "wasm";

/** ONNX Runtime's options for a device of this machine. */
export function ortOptions(device: Device = "auto", threads = availableParallelism()): OrtOptions {
  return { device: device === "webgpu" ? "webgpu" : "cpu", threads };
}

/** The device, and its number of threads. */
export interface NodeEngineOptions {
  readonly device?: Device;
  /** Default: one per core. */
  readonly threads?: number | undefined;
}

/**
 * Creates an engine on this machine. @throws EngineError when it has no such device, or ONNX Runtime is needed and not
 * installed.
 */
export async function nodeEngine({ device = "auto", threads }: NodeEngineOptions = {}): Promise<Engine> {
  const chosen = engineOf(device === "auto" ? defaultDevice : device, threads ?? availableParallelism());
  const engine = { ...chosen, freeMemory: availableMemory };
  // A missing device is only detected when a session is created, so one is created before any work starts.
  if (engine.name === "webgpu") await requireUpdates(engine);
  return engine;
}

function engineOf(device: Device, count: number): Engine {
  const threads = { threads: count, start: startThread };
  const options = ortOptions(device, count);
  if (device === "wasm") return wasmEngine({ threads });
  return device === "kernels" ? kernelEngine(options, { threads }) : ortEngine(options);
}

/**
 * Versions and settings that results depend on in addition to the config. @param threads Number of threads of the
 * engine.
 */
export function versions(threads = availableParallelism()): Record<string, string> {
  return {
    zaya: version,
    node: process.versions.node,
    ...(hasOnnxRuntime && { onnxruntime: ort.env.versions.node ?? ort.env.versions.common }),
    platform: `${process.platform} ${process.arch}`,
    threads: String(threads),
  };
}

/**
 * Version of the package that reads and writes images. @throws EngineError when it is not installed or does not load.
 */
export async function sharpVersion(): Promise<string> {
  return (await loadSharp()).versions.sharp!;
}
