import * as ort from "#onnxruntime";

import { EngineError } from "../base/errors.ts";
import { type DType, type NdArray, type Shape, bytesOfType, castTo, ndarray } from "../base/ndarray.ts";
import type { Arrays } from "./engine.ts";
import type { Heap } from "./heap.ts";
import { writesGiven } from "./onnxruntime.ts";
import type { OrtState } from "./ort-program.ts";

interface Entry {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly length: number;
  front: number;
  /** A second buffer, for programs that run on ONNX Runtime alone, which cannot overwrite what it reads. */
  back: number | null;
}

/**
 * State in an engine's WebAssembly memory, which kernels update in place. It is copied there on its first use, in that program's
 * turn, because the memory must not grow while ONNX Runtime uses it.
 */
export class KernelState implements OrtState {
  private readonly entries = new Map<string, Entry>();
  private waiting: Map<string, NdArray>;

  constructor(
    private readonly engine: string,
    private readonly heap: Heap,
    values: Arrays,
  ) {
    const copied = Object.entries(values).map(([name, value]): [string, NdArray] => {
      const dtype = value.dtype === "float64" ? "float32" : value.dtype;
      const { data } = castTo(value, dtype);
      return [name, ndarray(dtype, value.shape, (data === value.data ? data.slice() : data) as never)];
    });
    this.waiting = new Map(copied);
  }

  get names(): readonly string[] {
    return [...this.waiting.keys(), ...this.entries.keys()];
  }

  /** Address, type and shape of a tensor. */
  entry(name: string): Readonly<Entry> | undefined {
    return this.settled().get(name);
  }

  belongsTo(heap: Heap): boolean {
    return this.heap === heap;
  }

  read(names: readonly string[] = this.names): Promise<Arrays> {
    return this.heap.inTurn(async () => {
      const values = names.map((name): [string, NdArray] => {
        const waiting = this.waiting.get(name);
        if (waiting !== undefined) return [name, ndarray(waiting.dtype, waiting.shape, waiting.data.slice() as never)];
        const { dtype, shape, front, length } = this.require(name);
        return [name, ndarray(dtype, shape, this.heap.view(dtype, front, length).slice() as never)];
      });
      return Object.fromEntries(values);
    });
  }

  dispose(): void {
    for (const { front, back } of this.entries.values()) {
      this.heap.release(front);
      if (back !== null) this.heap.release(back);
    }
    this.entries.clear();
    this.waiting.clear();
  }

  current(name: string): ort.Tensor | undefined {
    const entry = this.entry(name);
    return entry && this.tensor(entry, entry.front);
  }

  target(name: string): ort.Tensor | null {
    const entry = this.require(name);
    entry.back ??= this.heap.allocate(entry.length * bytesOfType(entry.dtype));
    return writesGiven() ? this.tensor(entry, entry.back) : null;
  }

  replace(name: string, value: ort.Tensor): void {
    const entry = this.require(name);
    if (!writesGiven()) this.heap.view(entry.dtype, entry.back!, entry.length).set(value.data as never);
    [entry.front, entry.back] = [entry.back!, entry.front];
  }

  require(name: string): Readonly<Entry> & { front: number; back: number | null } {
    const entry = this.settled().get(name);
    if (entry === undefined) throw new EngineError(`${this.engine}: the state has no tensor "${name}"`);
    return entry;
  }

  private settled(): ReadonlyMap<string, Entry> {
    for (const [name, { dtype, shape, data }] of this.waiting) {
      const front = this.heap.allocate(data.byteLength);
      this.heap.view(dtype, front, data.length).set(data);
      this.entries.set(name, { dtype, shape, length: data.length, front, back: null });
    }
    this.waiting = new Map();
    return this.entries;
  }

  private tensor({ dtype, shape, length }: Entry, at: number): ort.Tensor {
    return new ort.Tensor(dtype as "float32", this.heap.view(dtype, at, length) as Float32Array, shape);
  }
}
