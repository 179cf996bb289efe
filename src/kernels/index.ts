import { simplify } from "../graph/simplify.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { View } from "../graph/view.ts";
import { emitProgram, type ProgramLayout, headBytes } from "./emit-program.ts";
import { expand, obstacle } from "./expand.ts";
import { type IsPacked, fuse } from "./fuse.ts";
import { type MemoryPlan, planMemory } from "./memory-plan.ts";
import { type Schedule, schedule } from "./schedule.ts";
import type { Buffer } from "./steps.ts";

export { addressOf, slotOf, type ProgramLayout } from "./emit-program.ts";
export type { IsPacked } from "./fuse.ts";
export { lastTwo } from "./matrices.ts";
export { printPlan } from "./print-plan.ts";
export type { Schedule, Segment } from "./schedule.ts";
export type { Buffer, Product } from "./steps.ts";
export { memoryImport } from "./wasm.ts";

/** A graph's outputs and the new values of its inputs, by name. */
export interface KernelGraph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates?: Readonly<Record<string, Tensor>>;
}

/** How a graph is computed: steps in their order and a place for everything. */
export interface KernelPlan {
  /** Everything that is fed or of the state, in the order of the addresses that the program wants. */
  readonly inputs: readonly Buffer[];
  readonly outputs: ReadonlyMap<string, View>;
  readonly updates: readonly string[];
  readonly constants: readonly Buffer[];
  readonly schedule: Schedule;
  readonly memory: MemoryPlan;
  /** Bytes of memory that the program needs, its inputs not counted. */
  readonly bytes: number;
}

/** Plans a graph for kernels; or says in words why it cannot be. */
export function planKernels({ outputs, updates = {} }: KernelGraph, isPacked: IsPacked): KernelPlan | string {
  const names = [Object.keys(outputs), Object.keys(updates)] as const;
  const wanted = simplify([...Object.values(outputs), ...Object.values(updates)]);
  const problem = obstacle(wanted);
  if (problem !== null) return problem;
  const expanded = expand(wanted);
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
  const bytes = headBytes(inputs.length) + memory.bytes;
  return { inputs, outputs: fused.outputs, updates: names[1], constants, schedule: steps, memory, bytes };
}

/** The plan's kernels as a WebAssembly module for memory that starts at an address. */
export function emitKernels(plan: KernelPlan, base: number): Uint8Array<ArrayBuffer> {
  return emitProgram(plan.schedule, layoutOf(plan, base));
}

export function layoutOf({ memory, inputs }: KernelPlan, base: number): ProgramLayout {
  return { base, plan: memory, inputs };
}
