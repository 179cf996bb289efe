import { EngineError } from "../base/errors.ts";
import type { DType, NdArray } from "../base/ndarray.ts";

const page = 65536;
const alignment = 64;
/** Maximum number of pages of a WebAssembly memory with 32-bit addresses. */
export const mostPages = 65536;
const most = mostPages * page;

/** A WebAssembly.Memory, declared here because the core compiles without the types of Node and the DOM. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/**
 * One WebAssembly memory with an allocator. It grows on demand, which invalidates all views: views are recreated for
 * each use, and allocations are serialised, so that the memory never grows while ONNX Runtime uses it.
 */
export class Heap {
  private own: WebAssembly.Memory | null = null;
  /** Free blocks by address. Address 0 is never allocated. */
  private free: { readonly at: number; readonly bytes: number }[] = [];
  private end = alignment;
  private last: Promise<unknown> = Promise.resolve();
  private readonly sizes = new Map<number, number>();

  /** @param shared Whether threads use it. */
  constructor(
    private readonly engine: string,
    private shared = false,
  ) {}

  get memory(): KernelMemory {
    this.own ??= this.create();
    return this.own;
  }

  /** Whether threads can use it. May change until its first use. */
  get isShared(): boolean {
    return this.shared;
  }

  share(shared: boolean): void {
    if (this.own === null) this.shared = shared;
  }

  private create(): WebAssembly.Memory {
    const limits = { initial: 1, maximum: mostPages };
    try {
      return new WebAssembly.Memory({ ...limits, shared: this.shared });
    } catch {
      // A shared memory reserves all its addresses at once, which fails on some machines.
      this.shared = false;
      return new WebAssembly.Memory(limits);
    }
  }

  /** Runs work sequentially, because memory must not change while ONNX Runtime is awaited. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => {});
    return result;
  }

  /** The reason why this many bytes cannot be allocated; null if they can. */
  obstacle(bytes: number): string | null {
    const wanted = this.end + bytes;
    return wanted <= most
      ? null
      : `a WebAssembly memory has at most 4 GiB, but ${(wanted / 2 ** 30).toFixed(1)} GiB are needed`;
  }

  /** @throws EngineError if the memory is full. */
  allocate(bytes: number): number {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    const fitting = this.free.findIndex((piece) => piece.bytes >= size);
    let at: number;
    if (fitting >= 0) {
      const piece = this.free[fitting]!;
      at = piece.at;
      const rest = { at: at + size, bytes: piece.bytes - size };
      if (rest.bytes > 0) this.free[fitting] = rest;
      else this.free.splice(fitting, 1);
    } else {
      at = this.end;
      this.reserve(at + size);
      this.end = at + size;
    }
    this.sizes.set(at, size);
    return at;
  }

  /** Frees a block, and merges it with adjacent free blocks. */
  release(at: number): void {
    const bytes = this.sizes.get(at)!;
    this.sizes.delete(at);
    const pieces = [...this.free, { at, bytes }].sort((a, b) => a.at - b.at);
    const joined: { at: number; bytes: number }[] = [];
    for (const piece of pieces) {
      const last = joined.at(-1);
      if (last !== undefined && last.at + last.bytes === piece.at) last.bytes += piece.bytes;
      else joined.push({ ...piece });
    }
    if (joined.at(-1)!.at + joined.at(-1)!.bytes === this.end) this.end = joined.pop()!.at;
    this.free = joined;
  }

  /** A view of the elements at an address, valid until the memory grows. */
  view(dtype: DType, at: number, length: number): NdArray["data"] {
    const { buffer } = this.memory;
    if (dtype === "float32") return new Float32Array(buffer, at, length);
    return dtype === "int32" ? new Int32Array(buffer, at, length) : new Uint8Array(buffer, at, length);
  }

  private reserve(bytes: number): void {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      if (bytes > most) throw new RangeError();
      this.memory.grow(Math.ceil(missing / page));
    } catch {
      const wanted = (bytes / 2 ** 30).toFixed(1);
      throw new EngineError(
        `${this.engine}: could not allocate a WebAssembly memory of ${wanted} GiB (the limit is 4 GiB)`,
        "use a smaller batch",
      );
    }
  }
}
