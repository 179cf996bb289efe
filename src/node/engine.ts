import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import * as ort from "#onnxruntime";

import { input } from "../graph/tensor.ts";
import { exp } from "../ops/index.ts";
import { type Engine, type OrtOptions, kernelEngine, ortEngine, wasmEngine } from "../runtime/index.ts";
import { availableMemory } from "./memory.ts";
import { startThread } from "./start-thread.ts";

export const devices = ["auto", "cpu", "kernels", "wasm", "webgpu"] as const;

/**
 * `auto` is `cpu`, ONNX Runtime alone. `kernels` fuses all but large products into passes of our own; `wasm` is kernels alone,
 * without native parts. All but `cpu` are used only where they are named.
 */
export type Device = (typeof devices)[number];

/** How ONNX Runtime is to run on a device of this machine. */
export function ortOptions(device: Device = "auto"): OrtOptions {
  return { device: device === "webgpu" ? "webgpu" : "cpu", threads: availableParallelism() };
}

/** An engine of this machine. @throws EngineError when it has no such device. */
export async function nodeEngine(options: { readonly device?: Device } = {}): Promise<Engine> {
  const engine = { ...engineOf(options.device ?? "auto"), freeMemory: availableMemory };
  // The device is found when the first session is made; one that is missing is to be told before any work.
  if (engine.name === "webgpu") {
    const probe = await engine.compile({ outputs: { y: exp(input("x", [1])) } });
    await probe.release();
  }
  return engine;
}

function engineOf(device: Device): Engine {
  const threads = { threads: availableParallelism(), start: startThread };
  if (device === "wasm") return wasmEngine({ threads });
  return device === "kernels" ? kernelEngine(ortOptions(device), { threads }) : ortEngine(ortOptions(device));
}

/** What a result depends on besides its config. */
export function versions(): Record<string, string> {
  return {
    zaya: packageVersion(),
    node: process.versions.node,
    onnxruntime: ort.env.versions.node ?? ort.env.versions.common,
    platform: `${process.platform} ${process.arch}`,
  };
}

function packageVersion(): string {
  const manifest = readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
