import type { View } from "../graph/view.ts";
import { type MemoryPlan, bytesOfBuffer } from "./memory-plan.ts";
import type { Buffer } from "./steps.ts";

/** The memory that a call reads and writes, and whether threads share the call; otherwise the first thread runs it. */
export interface Work {
  readonly shared: boolean;
  readonly reads: readonly View[];
  readonly writes: readonly View[];
}

interface Touch {
  /** The memory of the program, or a buffer elsewhere. */
  readonly space: object | null;
  readonly from: number;
  readonly to: number;
  readonly writes: boolean;
  readonly shared: boolean;
}

/**
 * Calls that need a barrier before them: those that read memory which another thread may have written since the last barrier, or
 * write memory which another may have read or written since.
 */
export function meetings(
  works: readonly Work[],
  { offsets }: MemoryPlan,
  inPlace: ReadonlyMap<Buffer, Buffer>,
): Set<number> {
  const found = new Set<number>();
  let open: Touch[] = [];
  works.forEach(({ shared, reads, writes }, i) => {
    const touches = [
      ...reads.map((view) => touchOf(view, false, shared, offsets, inPlace)),
      ...writes.map((view) => touchOf(view, true, shared, offsets, inPlace)),
    ];
    if (touches.some((touch) => open.some((other) => rivals(touch, other)))) {
      found.add(i);
      open = [];
    }
    for (const touch of touches) open.push(touch);
  });
  return found;
}

function rivals(a: Touch, b: Touch): boolean {
  const alone = !a.shared && !b.shared;
  return !alone && (a.writes || b.writes) && a.space === b.space && a.from < b.to && b.from < a.to;
}

function touchOf(
  view: View,
  writes: boolean,
  shared: boolean,
  offsets: MemoryPlan["offsets"],
  inPlace: ReadonlyMap<Buffer, Buffer>,
): Touch {
  const buffer = view.source as Buffer;
  const own = inPlace.get(buffer) ?? buffer;
  const at = offsets.get(own);
  const [from, to] = extentOf(view, buffer);
  const start = at ?? 0;
  return { space: at === undefined ? own : null, from: start + from, to: start + to, writes, shared };
}

/** The byte range of a view in its buffer. */
function extentOf({ offset, shape, strides, lookups }: View, buffer: Buffer): [number, number] {
  const bytes = bytesOfBuffer(buffer) / buffer.size;
  if (lookups.length > 0) return [0, bytesOfBuffer(buffer)];
  let [first, last] = [offset, offset];
  shape.forEach((extent, axis) => {
    const move = (extent - 1) * strides[axis]!;
    if (move > 0) last += move;
    else first += move;
  });
  return [bytes * first, bytes * (last + 1)];
}
