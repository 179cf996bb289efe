import { Simplifier } from "../graph/simplify.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { View } from "../graph/view.ts";
import { type Head, type ProgramLayout, emitProgram, headOf } from "./emit-program.ts";
import { expand, obstacle } from "./expand.ts";
import { type IsPacked, fuse } from "./fuse.ts";
import { type MemoryPlan, planMemory } from "./memory-plan.ts";
import { sharedWork } from "./parts.ts";
import { type Schedule, type Segment, schedule } from "./schedule.ts";
import type { Buffer } from "./steps.ts";

export { addressOf, mostThreads, slotOf, type ProgramLayout } from "./emit-program.ts";
export { emitDraws, lanes, normalsAtOnce, statesBytes } from "./emit-draws.ts";
export { control, controlBytes } from "./thread-control.ts";
export type { IsPacked } from "./fuse.ts";
export { lastTwo } from "./matrices.ts";
export { printPlan } from "./print-plan.ts";
export type { Schedule, Segment } from "./schedule.ts";
export type { Buffer, Product } from "./steps.ts";
export { imports } from "./imports.ts";

/** A graph's outputs and the new values of its inputs, by name. */
export interface KernelGraph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates?: Readonly<Record<string, Tensor>>;
}

/** Threads that run a program together. */
export interface ThreadLayout {
  /** Address of the control words that they share; null for a single thread. */
  readonly control: number | null;
  /** Maximum number of pages of a shared memory; null if it is not shared. */
  readonly pages: number | null;
}

/** How a graph is computed: the ordered steps and the memory of every buffer. */
export interface KernelPlan {
  /** Feeds and state, in the order in which the program takes their addresses. */
  readonly inputs: readonly Buffer[];
  readonly outputs: ReadonlyMap<string, View>;
  readonly updates: readonly string[];
  readonly constants: readonly Buffer[];
  readonly schedule: Schedule;
  readonly memory: MemoryPlan;
  readonly head: Head;
  /** Segments that threads can share, with their amount of work in scalar instructions. */
  readonly shared: ReadonlyMap<number, number>;
  /** Bytes of memory that the program needs, its inputs not counted. */
  readonly bytes: number;
}

/** Plans a graph for kernels, or returns the reason why it cannot be compiled. */
export function planKernels({ outputs, updates = {} }: KernelGraph, isPacked: IsPacked): KernelPlan | string {
  const names = [Object.keys(outputs), Object.keys(updates)] as const;
  const simplifier = new Simplifier();
  const wanted = simplifier.run([...Object.values(outputs), ...Object.values(updates)]);
  const problem = obstacle(wanted);
  if (problem !== null) return problem;
  const expanded = expand(wanted, simplifier);
  const fused = fuse(
    {
      outputs: new Map(names[0].map((name, i) => [name, expanded[i]!])),
      updates: new Map(names[1].map((name, i) => [name, expanded[names[0].length + i]!])),
    },
    isPacked,
  );
  const steps = schedule(fused);
  const memory = planMemory(steps, fused);
  const written = [...steps.inPlace.values(), ...steps.copied.values()];
  const inputs = [...new Set([...fused.inputs.values(), ...written])];
  const constants = [...memory.offsets.keys()].filter(({ role }) => role === "constant");
  const head = headOf(steps, inputs.length);
  return {
    inputs,
    outputs: fused.outputs,
    updates: names[1],
    constants,
    schedule: steps,
    memory,
    head,
    shared: sharedAmong(steps.segments),
    bytes: head.bytes + memory.bytes,
  };
}

/**
 * The plan's kernels as a WebAssembly module for memory that starts at an address.
 */
export function emitKernels(plan: KernelPlan, base: number, { control, pages }: ThreadLayout): Uint8Array<ArrayBuffer> {
  return emitProgram(plan.schedule, layoutOf(plan, base), control, pages);
}

/** The same plan with a segment for each step. */
export function stepsApart(plan: KernelPlan): KernelPlan {
  const segments = plan.schedule.segments.flatMap((segment): Segment[] =>
    segment.kind === "onnx" ? [segment] : segment.steps.map((step) => ({ kind: "kernels", steps: [step] })),
  );
  return { ...plan, schedule: { ...plan.schedule, segments }, shared: sharedAmong(segments) };
}

function sharedAmong(segments: readonly Segment[]): ReadonlyMap<number, number> {
  const works = segments.map((segment) =>
    segment.kind === "kernels" ? segment.steps.reduce((work, step) => work + sharedWork(step), 0) : 0,
  );
  return new Map([...works.entries()].filter(([, work]) => work > 0));
}

export function layoutOf({ memory, head, inputs }: KernelPlan, base: number): ProgramLayout {
  return { base, head, plan: memory, inputs };
}
