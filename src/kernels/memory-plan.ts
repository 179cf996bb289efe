import { bytesOfType } from "../base/ndarray.ts";
import type { View } from "../graph/view.ts";
import type { Fused } from "./fuse.ts";
import type { Schedule, Segment } from "./schedule.ts";
import { type Buffer, readsOf, writesOf } from "./steps.ts";

/** Offset of each buffer, in bytes from the start of the program's memory. */
export interface MemoryPlan {
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
}

const alignment = 64;

interface Life {
  readonly buffer: Buffer;
  readonly bytes: number;
  first: number;
  last: number;
}

export function bytesOfBuffer({ dtype, size }: Buffer): number {
  return size * bytesOfType(dtype);
}

/**
 * Assigns an offset to every buffer. Two buffers may share memory if the last use of one precedes the first use of the other.
 * Constants and buffers that are read after the program share with none; inputs, and new values written over them, lie elsewhere.
 */
export function planMemory({ segments, inPlace, copied }: Schedule, { outputs }: Fused): MemoryPlan {
  const lives = new Map<Buffer, Life>();
  const touch = (source: object, at: number) => {
    const buffer = source as Buffer;
    if (buffer.role === "input" || inPlace.has(buffer)) return;
    const life = lives.get(buffer);
    if (life === undefined) lives.set(buffer, { buffer, bytes: bytesOfBuffer(buffer), first: at, last: at });
    else life.last = Math.max(life.last, at);
  };
  let time = 0;
  for (const views of segments.flatMap(timeline)) {
    for (const { source } of views) touch(source, time);
    time++;
  }
  for (const source of [...copied.keys(), ...[...outputs.values()].map((view) => view.source)]) touch(source, time);
  for (const life of lives.values()) if (life.buffer.role === "constant") [life.first, life.last] = [0, time];
  return place([...lives.values()]);
}

/** The views that each step uses, in order; a call of ONNX Runtime counts as one step. */
function timeline(segment: Segment): View[][] {
  const views = (step: Parameters<typeof readsOf>[0]) => [...readsOf(step), ...writesOf(step)];
  return segment.kind === "onnx" ? [segment.products.flatMap(views)] : segment.steps.map(views);
}

/** Largest first, each at the lowest offset that is free during its whole lifetime. */
function place(lives: readonly Life[]): MemoryPlan {
  const offsets = new Map<Buffer, number>();
  // Numbers of the placed buffers, in order of their offsets. Programs have thousands, and each is compared with all
  // before it: typed arrays make that ten times as fast as objects.
  const order = new Int32Array(lives.length);
  const [first, last] = [new Int32Array(lives.length), new Int32Array(lives.length)];
  const [start, end] = [new Float64Array(lives.length), new Float64Array(lives.length)];
  let bytes = 0;
  for (const [count, life] of lives.toSorted((a, b) => b.bytes - a.bytes).entries()) {
    let at = 0;
    for (let i = 0; i < count; i++) {
      const other = order[i]!;
      if (at + life.bytes <= start[other]!) break;
      if (first[other]! <= life.last && life.first <= last[other]! && end[other]! > at) at = end[other]!;
    }
    let index = count;
    for (; index > 0 && start[order[index - 1]!]! > at; index--) order[index] = order[index - 1]!;
    order[index] = count;
    [first[count], last[count], start[count], end[count]] = [life.first, life.last, at, aligned(at + life.bytes)];
    offsets.set(life.buffer, at);
    bytes = Math.max(bytes, at + life.bytes);
  }
  return { offsets, bytes: aligned(bytes) };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
