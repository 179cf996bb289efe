import type { LoopNest } from "./loops.ts";
import { loopNest } from "./loops.ts";
import { nodesOf } from "./kernel.ts";
import { tile } from "./product-tile.ts";
import type { Step } from "./steps.ts";

/** How threads share a kernel: each takes whole iterations of one loop, so no result depends on the number of threads. */
export interface Split {
  readonly level: number;
  /** Iterations of the loop; of four elements each in the vectorised loop. */
  readonly units: number;
}

/** Scalar instructions that take one thread about as long as two barriers: 2 us. */
const worthMeeting = 50_000;
/** Multiply-adds of a product that take equally long. */
const worthMeetingProduct = 30_000;
/** With this many iterations, the parts of the threads are balanced well enough. */
const even = 8;

/** The loop that threads share: the outermost non-reduced one with enough iterations. Null if none has two. */
export function splitOf(nest: LoopNest): Split | null {
  if (hasPartials(nest)) return { level: 0, units: nest.loops[0]!.extent };
  const splits = nest.loops.flatMap(({ extent, reduced }, level): Split[] =>
    reduced ? [] : [{ level, units: level === nest.vector ? Math.floor(extent / 4) : extent }],
  );
  const best = splits.find(({ units }) => units >= even) ?? splits.toSorted((a, b) => b.units - a.units)[0];
  return best === undefined || best.units < 2 ? null : best;
}

/** Whether a kernel reduces everything to one number: threads reduce tiles, and one thread adds the partial sums. */
export function hasPartials({ tiles, loops }: LoopNest): boolean {
  return tiles?.at === 0 && loops.every(({ reduced }) => reduced);
}

/** Bytes of the partial sums of a step's tiles. */
export function partialBytes(step: Step): number {
  if (step.kind !== "pass" || step.reduced === null) return 0;
  const nest = loopNest(step);
  return hasPartials(nest) ? 4 * step.folds.length * nest.loops[0]!.extent : 0;
}

/** Whether threads share a step; otherwise one thread runs it. */
export function isShared(step: Step): boolean {
  return sharedWork(step) > 0;
}

/** Work of a step that threads share, in scalar instructions; 0 if one thread runs it. */
export function sharedWork(step: Step): number {
  if (step.kind === "pass") {
    const work = step.size * (4 + nodesOf(step).length);
    return work >= worthMeeting && splitOf(loopNest(step)) !== null ? work : 0;
  }
  if (step.kind !== "product" || !step.packed) return 0;
  const [m, n] = step.out.shape.slice(-2) as [number, number];
  const panels = Math.max(Math.ceil(m / tile.rows), Math.ceil(n / tile.columns));
  const work = m * n * step.a.shape.at(-2)!;
  return panels >= 2 && work >= worthMeetingProduct ? work : 0;
}
