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
  return size * (dtype === "bool" ? 1 : 4);
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
  // In order of their offsets.
  const placed: (Life & { readonly at: number })[] = [];
  let bytes = 0;
  for (const life of lives.toSorted((a, b) => b.bytes - a.bytes)) {
    let at = 0;
    for (const other of placed) {
      if (at + life.bytes <= other.at) break;
      const rivals = other.first <= life.last && life.first <= other.last;
      if (rivals) at = Math.max(at, aligned(other.at + other.bytes));
    }
    const index = placed.findIndex((other) => other.at > at);
    placed.splice(index < 0 ? placed.length : index, 0, { ...life, at });
    bytes = Math.max(bytes, at + life.bytes);
  }
  return { offsets: new Map(placed.map(({ buffer, at }) => [buffer, at])), bytes: aligned(bytes) };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
