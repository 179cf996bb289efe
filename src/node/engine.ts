import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import * as ort from "#onnxruntime";

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
 * `auto` is `cpu`, ONNX Runtime alone, and `wasm` where that is not installed. `kernels` fuses all but large products into passes
 * of our own; `wasm` is kernels alone, without native parts. `kernels` and `webgpu` are used only where they are named.
 */
export type Device = (typeof devices)[number];

/** What `auto` is here. */
export const usualDevice: Device = hasOnnxRuntime ? "cpu" : "wasm";

/** How ONNX Runtime is to run on a device of this machine. */
export function ortOptions(device: Device = "auto", threads = availableParallelism()): OrtOptions {
  return { device: device === "webgpu" ? "webgpu" : "cpu", threads };
}

/** Which engine of this machine, and on how many threads. */
export interface NodeEngineOptions {
  readonly device?: Device;
  /** As many as there are cores where not given. */
  readonly threads?: number | undefined;
}

/** An engine of this machine. @throws EngineError when it has no such device, or ONNX Runtime is not installed for it. */
export async function nodeEngine({ device = "auto", threads }: NodeEngineOptions = {}): Promise<Engine> {
  const chosen = engineOf(device === "auto" ? usualDevice : device, threads ?? availableParallelism());
  const engine = { ...chosen, freeMemory: availableMemory };
  // The device is found when the first session is made; one that is missing is to be told before any work.
  if (engine.name === "webgpu") await requireUpdates(engine);
  return engine;
}

function engineOf(device: Device, count: number): Engine {
  const threads = { threads: count, start: startThread };
  const options = ortOptions(device, count);
  if (device === "wasm") return wasmEngine({ threads });
  return device === "kernels" ? kernelEngine(options, { threads }) : ortEngine(options);
}

/** What a result depends on in addition to its config. @param threads Of the engine. */
export function versions(threads = availableParallelism()): Record<string, string> {
  return {
    zaya: packageVersion(),
    node: process.versions.node,
    ...(hasOnnxRuntime && { onnxruntime: ort.env.versions.node ?? ort.env.versions.common }),
    platform: `${process.platform} ${process.arch}`,
    threads: String(threads),
  };
}

/** Of the package that reads and writes image files. @throws EngineError when it is not installed or does not load. */
export async function sharpVersion(): Promise<string> {
  return (await loadSharp()).versions.sharp!;
}

function packageVersion(): string {
  const manifest = readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
