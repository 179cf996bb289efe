import { EngineError } from "../base/errors.ts";
import { version } from "../base/version.ts";
import { type Engine, ortEngine, requireUpdates, wasmEngine } from "../runtime/index.ts";
import { env, supplyOnnxRuntime } from "../runtime/onnxruntime-missing.ts";
import { browserThreads } from "./start-thread.ts";

/**
 * `wasm`: zaya's own kernels, the same bits everywhere. `webgpu`: ONNX Runtime on the GPU, for which the page's
 * project installs `onnxruntime-web`; equal to `wasm` within rounding.
 */
export type WebDevice = "wasm" | "webgpu";

/** The device, and its number of threads. */
export interface WebEngineOptions {
  /** Default: `wasm`. */
  readonly device?: WebDevice | undefined;
  /** Of `wasm`; default: one per core in a Worker of a cross-origin isolated page, elsewhere one. */
  readonly threads?: number | undefined;
}

/**
 * An engine in a browser. `onnxruntime-web` is fetched only for `webgpu`.
 * @throws EngineError when the browser has no such device, `onnxruntime-web` cannot be loaded, or updates do not reach the
 * engine's state.
 */
export async function webEngine({ device = "wasm", threads }: WebEngineOptions = {}): Promise<Engine> {
  if (device === "wasm") return wasmEngine({ threads: browserThreads(threads) });
  await requireAdapter();
  supplyOnnxRuntime(await loadOnnxRuntime());
  const engine = ortEngine({ device, threads: 1 });
  await requireUpdates(engine);
  return engine;
}

/** Versions and settings that results depend on in addition to the config. @param threads As given to `webEngine`. */
export function webVersions(threads?: number): Record<string, string> {
  const { common } = env.versions;
  return {
    zaya: version,
    browser: navigator.userAgent,
    ...(common !== "" && { onnxruntime: common }),
    threads: String(browserThreads(threads)?.threads ?? 1),
  };
}

const advice = 'use device "wasm", which runs everywhere';

async function requireAdapter(): Promise<void> {
  const { gpu } = navigator as unknown as { readonly gpu?: { requestAdapter(): Promise<object | null> } };
  const problem =
    gpu === undefined
      ? "no navigator.gpu: this browser has no WebGPU, or the page is not in a secure context (HTTPS or localhost)"
      : (await gpu.requestAdapter()) === null
        ? "WebGPU without an adapter: the graphics driver is missing, blocked or too old"
        : null;
  if (problem !== null) throw new EngineError(`webgpu: no graphics adapter was found - got ${problem}`, advice);
}

async function loadOnnxRuntime(): Promise<object> {
  // Caught here, so that bundlers treat a missing package as optional.
  const runtime = await import("onnxruntime-web/webgpu").catch((error: unknown) => {
    throw new EngineError(
      `webgpu: onnxruntime-web could not be loaded - got ${String(error).split("\n")[0]!}`,
      `npm install onnxruntime-web, or ${advice}`,
    );
  });
  runtime.env.logLevel = "error";
  // Threads would only run operations that the GPU cannot, of which training steps contain none.
  runtime.env.wasm.numThreads = 1;
  return runtime;
}
