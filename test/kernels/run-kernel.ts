import type { NdArray } from "../../src/base/ndarray.ts";
import { sourcesOf } from "../../src/kernels/emit-access.ts";
import { emitKernel } from "../../src/kernels/emit-kernel.ts";
import type { Kernel } from "../../src/kernels/kernel.ts";
import { loopNest } from "../../src/kernels/loops.ts";
import { imports } from "../../src/kernels/imports.ts";
import { ModuleBuilder } from "../../src/kernels/wasm.ts";

const page = 65536;

/** Compiles one kernel and runs it on arrays, which are the sources of its views; those it writes are changed. */
export function runKernel(kernel: Kernel, arrays: readonly NdArray[]): void {
  const module = new ModuleBuilder();
  module.add(emitKernel(kernel), "run");
  const sources = sourcesOf(loopNest(kernel));
  const places = new Map<object, number>();
  let end = 64;
  for (const array of arrays) {
    places.set(array, end);
    end += Math.ceil(array.data.byteLength / 64) * 64 + 64;
  }
  const pages = Math.ceil(end / page) + 1;
  const memory = new WebAssembly.Memory({ initial: pages });
  const bytes = new Uint8Array(memory.buffer);
  for (const [array, at] of places) bytes.set(bytesOf(array as NdArray), at);
  const compiled = new WebAssembly.Module(module.finish({ pages }));
  const { exports } = new WebAssembly.Instance(compiled, { [imports.module]: { [imports.memory]: memory } });
  (exports.run as (...args: number[]) => void)(...sources.map((source) => places.get(source)!), 0, 0, 1);
  for (const [array, at] of places)
    bytesOf(array as NdArray).set(bytes.subarray(at, at + (array as NdArray).data.byteLength));
}

function bytesOf({ data }: NdArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
