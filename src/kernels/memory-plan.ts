import type { View } from "../graph/view.ts";
import type { Fused } from "./fuse.ts";
import type { Schedule, Segment } from "./schedule.ts";
import { type Buffer, readsOf, writesOf } from "./steps.ts";

/** Where each buffer of a program lies, in bytes from the start of the program's memory. */
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
 * Gives every buffer a place: two may share one where the one's last use comes before the other's first. Constants and what
 * is read after the program keep theirs; inputs, and new values that are written over them, have their places elsewhere.
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

/** The views that are in use at the same time, from time to time. */
function timeline(segment: Segment): View[][] {
  const views = (step: Parameters<typeof readsOf>[0]) => [...readsOf(step), ...writesOf(step)];
  return segment.kind === "onnx" ? [segment.products.flatMap(views)] : segment.steps.map(views);
}

/** The largest first, each at the lowest place that is free for its whole life. */
function place(lives: readonly Life[]): MemoryPlan {
  // By their places.
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
