import type { LoopNest } from "./loops.ts";
import { loopNest } from "./loops.ts";
import { nodesOf } from "./kernel.ts";
import { tile } from "./product-tile.ts";
import type { Step } from "./steps.ts";

/** Where threads share a kernel's work: whole turns of one loop each, so that no number depends on how many they are. */
export interface Split {
  readonly level: number;
  /** Turns of the loop, of four places each where it is the one that goes on by four. */
  readonly units: number;
}

/** Places times instructions that take one thread as long as all need to meet twice, some 2 us. */
const worthMeeting = 50_000;
/** Multiplications and additions of a product that do. */
const worthMeetingProduct = 30_000;
/** With so many turns parts are even enough. */
const even = 8;

/** The loop that is shared: the outermost of those that keep their places which has enough turns. Null where none has two. */
export function splitOf(nest: LoopNest): Split | null {
  if (hasPartials(nest)) return { level: 0, units: nest.loops[0]!.extent };
  const splits = nest.loops.flatMap(({ extent, reduced }, level): Split[] =>
    reduced ? [] : [{ level, units: level === nest.vector ? Math.floor(extent / 4) : extent }],
  );
  const best = splits.find(({ units }) => units >= even) ?? splits.toSorted((a, b) => b.units - a.units)[0];
  return best === undefined || best.units < 2 ? null : best;
}

/** Whether a kernel adds up everything to one number, tile by tile: threads take tiles, and one adds up what they found. */
export function hasPartials({ tiles, loops }: LoopNest): boolean {
  return tiles?.at === 0 && loops.every(({ reduced }) => reduced);
}

/** Bytes in which a step keeps the sums of its tiles. */
export function partialBytes(step: Step): number {
  if (step.kind !== "pass" || step.reduced === null) return 0;
  const nest = loopNest(step);
  return hasPartials(nest) ? 4 * step.folds.length * nest.loops[0]!.extent : 0;
}

/** Whether threads share a step; else one does it alone. */
export function isShared(step: Step): boolean {
  return sharedWork(step) > 0;
}

/** The work of a step that threads share, in instructions of one place; 0 where one does it alone. */
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
