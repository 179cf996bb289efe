import { type Draw, drawInto, fillUniform } from "../base/draw.ts";
import { sizeOf } from "../base/ndarray.ts";
import { Jump, streamOf, Xoshiro } from "../base/xoshiro.ts";
import { emitDraws, imports, lanes, statesBytes } from "../kernels/index.ts";
import { type Heap, mostPages } from "./heap.ts";
import type { Exports } from "./thread.ts";

/** Numbers of a stream from which on the kernel is faster than JavaScript: finding the states of its lanes takes a microsecond. */
const worthLanes = 1024;

/**
 * Draws random numbers into a heap. Each lane of the kernel draws a consecutive part of a stream, so that the numbers are those of
 * `drawInto`.
 */
export class Draws {
  private own: { readonly exports: Exports; readonly states: number } | null = null;
  private readonly jumps = new Map<number, Jump>();

  constructor(private readonly heap: Heap) {}

  /** Writes the numbers from an address on, when the heap may grow. */
  into(draw: Draw, at: number): void {
    const size = sizeOf(draw.shape) / draw.keys.length;
    if (draw.distribution !== "uniform" || size < worthLanes) {
      drawInto(draw, this.heap.view("float32", at, size * draw.keys.length) as Float32Array);
      return;
    }
    for (const [i, key] of draw.keys.entries()) this.uniform(streamOf(key), at + 4 * size * i, size);
  }

  private uniform(stream: Xoshiro, at: number, size: number): void {
    const { exports, states } = (this.own ??= this.open());
    const count = Math.floor(size / lanes);
    const jump = this.jumps.get(count) ?? new Jump(count);
    this.jumps.set(count, jump);
    const words = this.heap.view("int32", states, statesBytes / 4) as Int32Array;
    let { state } = stream;
    for (let lane = 0; lane < lanes; lane++) {
      state.forEach((word, i) => (words[lanes * i + lane] = word));
      state = jump.after(state);
    }
    exports["uniform"]!(states, at, count);
    const rest = this.heap.view("float32", at + 4 * lanes * count, size % lanes) as Float32Array;
    const last = Int32Array.from({ length: 4 }, (_, i) => words[lanes * i + lanes - 1]!);
    fillUniform(new Xoshiro(last), rest);
  }

  private open(): NonNullable<Draws["own"]> {
    const states = this.heap.allocate(statesBytes);
    // Small enough to be compiled at once, in browsers too.
    const module = new WebAssembly.Module(emitDraws(this.heap.isShared ? mostPages : null));
    const given = { [imports.module]: { [imports.memory]: this.heap.memory } };
    return { exports: new WebAssembly.Instance(module, given).exports as Exports, states };
  }
}
