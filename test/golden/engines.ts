import { type Engine, interpreter, kernelEngine, ortEngine, wasmEngine } from "../../src/runtime/index.ts";
import { close, exact } from "./golden.ts";

/** Every engine that is compared with PyTorch's numbers, and its relative tolerance. */
export const engines: readonly (readonly [name: string, engine: Engine, relative: number])[] = [
  ["interpreter", interpreter(), exact],
  ["cpu", ortEngine({ device: "cpu", threads: 1 }), close],
  ["kernels", kernelEngine({ device: "cpu", threads: 1 }), close],
  ["wasm", wasmEngine(), close],
];
