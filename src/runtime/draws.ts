import { boxMuller } from "../base/box-muller.ts";
import { type Draw, fillUniform } from "../base/draw.ts";
import { sizeOf } from "../base/ndarray.ts";
import { Jump, type Xoshiro, streamOf } from "../base/xoshiro.ts";
import { emitDraws, imports, lanes, normalsAtOnce, statesBytes } from "../kernels/index.ts";
import { type Heap, mostPages } from "./heap.ts";
import type { Exports } from "./thread.ts";

/** For at least this many words of a stream, the kernel is faster than JavaScript: finding the states of its lanes takes a microsecond. */
const worthLanes = 1024;

/** Draws random numbers into a heap. They are those of `drawInto`. */
export class Draws {
  private own: { readonly exports: Exports; readonly states: number } | null = null;
  private readonly jumps = new Map<number, Jump>();

  constructor(private readonly heap: Heap) {}

  /** Writes the numbers from an address on, when the heap may grow. */
  into({ distribution, keys, shape }: Draw, at: number): void {
    const size = sizeOf(shape) / keys.length;
    for (const [i, key] of keys.entries()) {
      const place = at + 4 * size * i;
      if (distribution === "uniform") this.uniform(streamOf(key), place, size);
      else this.normal(streamOf(key), place, size);
    }
  }

  private uniform(stream: Xoshiro, at: number, size: number): void {
    const done = size < worthLanes ? 0 : this.takeInLanes("uniform", stream, at, size);
    fillUniform(stream, this.heap.view("float32", at + 4 * done, size - done) as Float32Array);
  }

  private normal(stream: Xoshiro, at: number, size: number): void {
    const taken = size < worthLanes ? 0 : this.takeInLanes("words", stream, at, size);
    stream.takeInto(this.words(at + 4 * taken, size - taken), 0, 1);
    const beyond = size % 2 === 0 ? 0 : stream.take(1)[0]!;
    const done = size - (size % normalsAtOnce);
    if (done > 0) this.opened().exports["normal"]!(at, at + 4 * done);
    const rest = this.heap.view("float32", at + 4 * done, size - done) as Float32Array;
    boxMuller(this.words(at + 4 * done, size - done), rest, beyond);
  }

  /**
   * Takes most of the next `size` words of a stream, and returns their number. Each lane of the kernel takes a consecutive part of
   * them.
   */
  private takeInLanes(name: "uniform" | "words", { state }: Xoshiro, at: number, size: number): number {
    const { exports, states } = this.opened();
    const count = Math.floor(size / lanes);
    let jump = this.jumps.get(count);
    if (jump === undefined) this.jumps.set(count, (jump = new Jump(count)));
    const words = this.heap.view("int32", states, statesBytes / 4) as Int32Array;
    for (let lane = 0; lane < lanes; lane++) {
      for (let i = 0; i < 4; i++) words[lanes * i + lane] = state[i]!;
      jump.apply(state);
    }
    exports[name]!(states, at, count);
    return lanes * count;
  }

  private words(at: number, length: number): Uint32Array {
    return new Uint32Array(this.heap.memory.buffer, at, length);
  }

  private opened(): NonNullable<Draws["own"]> {
    return (this.own ??= this.open());
  }

  private open(): NonNullable<Draws["own"]> {
    const states = this.heap.allocate(statesBytes);
    // Small enough to be compiled at once, in browsers too.
    const module = new WebAssembly.Module(emitDraws(this.heap.isShared ? mostPages : null));
    const given = { [imports.module]: { [imports.memory]: this.heap.memory } };
    return { exports: new WebAssembly.Instance(module, given).exports as Exports, states };
  }
}
