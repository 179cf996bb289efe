// ONNX Runtime's types depend on the DOM's, so they must not appear in the declarations that a user's compiler reads.
import * as ort from "#onnxruntime";
import type { InferenceSession } from "onnxruntime-common";

import { EngineError } from "../base/errors.ts";
import { type DType, type NdArray, ndarray } from "../base/ndarray.ts";
import type { OrtOptions } from "./onnxruntime.ts";

/** If its largest node has fewer operations, a graph is as fast on one thread, and its duration varies less. */
const worthThreads = 3e7;

/** Opens the bytes of an ONNX file for inference. Errors are thrown without being printed as well. */
export function openSession(bytes: Uint8Array, options: OrtOptions): Promise<InferenceSession> {
  return createSession(bytes, options, options.threads, { ...waiting(false), logSeverityLevel: 4 });
}

/**
 * How a session's threads wait for work. Spinning saves a fifth of the duration of a training step, but each session has its own
 * threads, and the spinning threads of idle sessions would slow down all others.
 */
export function waiting(spinning: boolean): ort.InferenceSession.SessionOptions {
  return { extra: { session: { intra_op: { allow_spinning: spinning ? "1" : "0" } } } };
}

/** Creates a session for a training graph; its threads spin if the program runs repeatedly. */
export async function createSession(
  bytes: Uint8Array,
  { device }: OrtOptions,
  threads: number,
  extra: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, {
      executionProviders: [device],
      executionMode: "sequential",
      intraOpNumThreads: threads,
      // Both cost memory, without a benefit for graphs with static shapes.
      enableMemPattern: false,
      enableCpuMemArena: true,
      logSeverityLevel: 3,
      ...extra,
    });
  } catch (error) {
    throw Object.assign(explain(error, device), { cause: error });
  }
}

function explain(error: unknown, device: string): Error {
  const text = error instanceof Error ? error.message : String(error);
  if (device === "webgpu" && /adapter|webgpu|wgpu|device/i.test(text)) {
    return new EngineError(
      `webgpu: no graphics adapter was found - got ${firstLine(text)}`,
      "use --device cpu, or install a Vulkan driver; zaya doctor shows what works here",
    );
  }
  return new EngineError(`${device}: ONNX Runtime could not load the graph - got ${firstLine(text)}`);
}

export function firstLine(text: string): string {
  return text.split("\n")[0]!.slice(0, 300);
}

/** @param flops The largest number of floating-point operations of any node. */
export function threadsFor(flops: number, { threads }: OrtOptions): number {
  return flops < worthThreads ? 1 : threads;
}

export function tensorOf(value: NdArray): ort.Tensor {
  if (value.dtype === "float64") {
    return new ort.Tensor("float32", Float32Array.from(value.data), value.shape);
  }
  return new ort.Tensor(value.dtype, value.data as Float32Array, value.shape);
}

export function arrayOf(tensor: ort.Tensor): NdArray {
  return ndarray(tensor.type as DType, tensor.dims, tensor.data as Float32Array);
}
