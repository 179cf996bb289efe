import { EngineError } from "../base/errors.ts";
import { type IsPacked, planKernels } from "../kernels/index.ts";
import type { Engine, State } from "./engine.ts";
import { Draws } from "./draws.ts";
import { Heap } from "./heap.ts";
import { type KernelHost, KernelProgram, type ObserveStep } from "./kernel-program.ts";
import { KernelState } from "./kernel-state.ts";
import { type OrtOptions, requireOnnxRuntime } from "./onnxruntime.ts";
import { compileOrt } from "./ort-program.ts";
import { requireSimd } from "./simd.ts";
import { takesSharedMemory } from "./products.ts";
import { ThreadPool } from "./thread-pool.ts";
import type { ThreadOptions } from "./threads.ts";

/** Threads of the kernels, and an observer of their steps. */
export interface KernelOptions {
  /** Default: one thread. */
  readonly threads?: ThreadOptions | undefined;
  readonly observe?: ObserveStep | undefined;
}

/**
 * Number of times that a thread polls for the next training step, whose batch is being prepared, before it sleeps: about 100 us.
 */
const looksBetweenSteps = 20_000;

/** Threads that slept while ONNX Runtime worked take about 50 us to wake, in which one thread executes this many instructions. */
const worthWaking = 4e6;

/**
 * An engine of WebAssembly kernels only: the same bits on every machine and for any number of threads.
 * @throws EngineError without WebAssembly SIMD, for threads without shared memory, and if a program does not fit in its memory.
 */
export function wasmEngine({ threads, observe }: KernelOptions = {}): Engine {
  const name = "wasm";
  requireSimd(name);
  const shares = threads !== undefined && threads.threads > 1;
  const heap = new Heap(name, shares);
  const pool = shares ? new ThreadPool(name, heap, threads, looksBetweenSteps) : null;
  const host: KernelHost = {
    name,
    heap,
    draws: new Draws(heap),
    pool,
    worthWaking: 1,
    products: null,
    observe: observe ?? null,
  };
  return {
    name,
    compile: async (program) => {
      const plan = planKernels(program, () => true);
      if (typeof plan === "string") throw new EngineError(`${name}: ${plan}`, "use --device cpu");
      return KernelProgram.open(host, program, plan);
    },
    createState: (values) => new KernelState(name, heap, values),
  };
}

/**
 * An engine that computes large products with ONNX Runtime on the CPU, and everything else with kernels. A program that does not
 * fit runs on ONNX Runtime alone, and its `note` says why.
 * @param isPacked Which products the kernels compute.
 * @throws EngineError without ONNX Runtime or WebAssembly SIMD.
 */
export function kernelEngine(
  options: OrtOptions,
  { threads, observe, isPacked = isFasterPacked }: KernelOptions & { readonly isPacked?: IsPacked } = {},
): Engine {
  requireOnnxRuntime();
  const name = "kernels";
  requireSimd(name);
  const heap = new Heap(name);
  const isOwn = (state: State) => state instanceof KernelState && state.belongsTo(heap);
  let host: Promise<KernelHost> | null = null;
  const open = async (): Promise<KernelHost> => {
    heap.share(threads !== undefined && threads.threads > 1 && (await takesSharedMemory(options)));
    // Between two segments, ONNX Runtime uses all cores.
    const pool = heap.isShared ? new ThreadPool(name, heap, threads!, 0) : null;
    return { name, heap, draws: new Draws(heap), pool, worthWaking, products: options, observe: observe ?? null };
  };
  return {
    name,
    compile: async (program) => {
      const plan = planKernels(program, isPacked);
      const problem = typeof plan === "string" ? plan : heap.obstacle(plan.bytes);
      if (typeof plan !== "string" && problem === null) {
        return KernelProgram.open(await (host ??= open()), program, plan);
      }
      const whole = await compileOrt(program, options, isOwn);
      return {
        note: {
          evidence: `ONNX Runtime alone: ${problem}`,
          change: { flag: "--batch N", reason: "smaller batches take less memory" },
        },
        run: (feeds, state) => heap.inTurn(() => whole.run(feeds, state)),
        release: () => whole.release(),
      };
    },
    createState: (values) => new KernelState(name, heap, values),
  };
}

/** A call of ONNX Runtime takes about 12 us, in which kernels compute this many multiply-adds. */
const worthCall = 2e5;

const isFasterPacked: IsPacked = (m, n, k) => m * n * k < worthCall;
