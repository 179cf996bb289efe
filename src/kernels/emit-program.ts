import { maxOf } from "../base/many.ts";
import { wholeView } from "../graph/view.ts";
import { emitFinish, emitKernel } from "./emit-kernel.ts";
import { type ProductFunctions, addProductFunctions, borderBytes, emitProduct } from "./emit-product.ts";
import { emitArgmax, emitScatter } from "./emit-steps.ts";
import { emitBarrier } from "./emit-threads.ts";
import { imports } from "./imports.ts";
import { printKernel } from "./kernel.ts";
import { type Work, meetings } from "./meetings.ts";
import { type MemoryPlan, bytesOfBuffer } from "./memory-plan.ts";
import { isShared, partialBytes } from "./parts.ts";
import type { Schedule } from "./schedule.ts";
import { type Buffer, type Pass, type Step, readsOf, writesOf } from "./steps.ts";
import { FunctionBuilder, type Local, ModuleBuilder } from "./wasm.ts";

/** Maximum number of threads of a program. */
export const mostThreads = 16;

/** Layout of the start of a program's memory: a tile of scratch space per thread, the address of each input, the partial sums of tiles. */
export interface Head {
  readonly addresses: number;
  readonly partials: number;
  readonly bytes: number;
}

export function headOf({ segments }: Schedule, inputs: number): Head {
  const sums = maxOf([
    0,
    ...segments.flatMap((segment) => (segment.kind === "kernels" ? segment.steps : [])).map(partialBytes),
  ]);
  const addresses = borderBytes * mostThreads;
  const partials = addresses + aligned(4 * inputs);
  return { addresses, partials, bytes: partials + aligned(sums) };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

export interface ProgramLayout {
  /** Address of the program's memory. */
  readonly base: number;
  readonly head: Head;
  readonly plan: MemoryPlan;
  /** The inputs in the order of their addresses at the start of the memory. */
  readonly inputs: readonly Buffer[];
}

/** Address of the pointer to an input. */
export function slotOf({ base, head }: ProgramLayout, index: number): number {
  return base + head.addresses + 4 * index;
}

/** Address of a buffer other than an input. */
export function addressOf({ base, head, plan }: ProgramLayout, buffer: Buffer): number {
  return base + head.bytes + plan.offsets.get(buffer)!;
}

/**
 * A module that exports one function per segment of kernels (`segment0`, `segment1`, ...) and `commit`. A segment takes the index of
 * a thread and the number of threads, and every thread must run it.
 * @param control Address of the control words that threads share; null for a single thread.
 * @param pages Maximum number of pages of a shared memory; null if it is not shared.
 */
export function emitProgram(
  schedule: Schedule,
  layout: ProgramLayout,
  control: number | null,
  pages: number | null,
): Uint8Array<ArrayBuffer> {
  return new ProgramWriter(schedule, layout, control).write(pages);
}

/** A call with addresses, followed by the part and the number of parts if the function is split. */
interface Call extends Work {
  readonly index: number;
  readonly parameters: number;
  readonly hasParts: boolean;
  push(code: FunctionBuilder): void;
}

class ProgramWriter {
  private readonly module = new ModuleBuilder();
  private readonly functions = new Map<string, number>();
  private readonly calls = new Map<Step, readonly Call[]>();
  private products: ProductFunctions | null = null;

  constructor(
    private readonly schedule: Schedule,
    private readonly layout: ProgramLayout,
    private readonly control: number | null,
  ) {}

  write(pages: number | null): Uint8Array<ArrayBuffer> {
    const { segments, copied } = this.schedule;
    // Kernels come first, because WebAssembly calls functions by index, in order of definition.
    const barrier = this.control === null ? null : this.module.add(emitBarrier(this.module.import(imports.waiting)));
    for (const segment of segments) {
      if (segment.kind === "kernels") for (const step of segment.steps) this.calls.set(step, this.callsOf(step));
    }
    segments.forEach((segment, i) => {
      if (segment.kind !== "kernels") return;
      const calls = segment.steps.flatMap((step) => this.calls.get(step)!);
      this.module.add(barrier === null ? this.alone(calls) : this.together(calls, barrier), `segment${i}`);
    });
    const commit = new FunctionBuilder([]);
    for (const [next, old] of copied) {
      this.address(commit, old);
      this.address(commit, next);
      commit.i32(bytesOfBuffer(next)).copyMemory();
    }
    this.module.add(commit, "commit");
    return this.module.finish({ pages: 0, ...(pages === null ? {} : { shared: pages }) });
  }

  private alone(calls: readonly Call[]): FunctionBuilder {
    const code = new FunctionBuilder(["i32", "i32"]);
    for (const call of calls) this.writeCall(code, call, null);
    return code;
  }

  private together(calls: readonly Call[], barrier: number): FunctionBuilder {
    const code = new FunctionBuilder(["i32", "i32"]);
    const [thread, threads] = code.params as [Local, Local];
    let haveMet = false;
    const meet = () => {
      haveMet = true;
      code.i32(this.control!).get(threads).call(barrier, ["i32", "i32"]);
    };
    const before = meetings(calls, this.layout.plan, this.schedule.inPlace);
    let isOpen = false;
    for (let i = 0; i < calls.length;) {
      if (before.has(i)) {
        meet();
        isOpen = false;
      }
      if (calls[i]!.shared) {
        isOpen = true;
        this.writeCall(code, calls[i++]!, [thread, threads]);
        continue;
      }
      code.get(thread).op("i32.eqz");
      code.when(() => {
        do this.writeCall(code, calls[i++]!, null);
        while (i < calls.length && !calls[i]!.shared && !before.has(i));
      });
    }
    // At least one barrier: the next piece of work is published when this one ends, and a thread that has not started this one
    // would read the next one instead.
    if (isOpen || !haveMet) meet();
    return code;
  }

  private writeCall(code: FunctionBuilder, call: Call, part: readonly [Local, Local] | null): void {
    call.push(code);
    if (call.hasParts) {
      if (part === null) code.i32(0).i32(1);
      else code.get(part[0]).get(part[1]);
    }
    const count = call.parameters + (call.hasParts ? 2 : 0);
    code.call(
      call.index,
      Array.from({ length: count }, () => "i32" as const),
    );
  }

  /** The functions of a step and their arguments. Equal kernels share one function. */
  private callsOf(step: Step): Call[] {
    if (step.kind === "pass") return this.callsOfPass(step);
    const work = { shared: isShared(step), reads: readsOf(step), writes: writesOf(step) };
    const views =
      step.kind === "product" ? [step.a, step.b] : step.kind === "argmax" ? [step.x] : [step.g, step.places];
    const push = (code: FunctionBuilder) => {
      for (const view of [...views, step.out]) this.viewAddress(code, view);
    };
    if (step.kind === "product") {
      const products = (this.products ??= addProductFunctions(this.module));
      const key = `product ${step.a.shape.join()} ${step.b.shape.join()} ${step.out.shape.join()}`;
      const index = this.function(key, () => emitProduct(step, products));
      const pushAll = (code: FunctionBuilder) => {
        push(code);
        code.i32(this.layout.base);
      };
      return [{ ...work, index, parameters: 4, hasParts: true, push: pushAll }];
    }
    const shapes = [...views, step.out].map(({ shape }) => shape.join()).join(" ");
    const make = () => (step.kind === "argmax" ? emitArgmax(step) : emitScatter(step));
    const index = this.function(`${step.kind} ${shapes}`, make);
    return [{ ...work, index, parameters: views.length + 1, hasParts: false, push }];
  }

  private callsOfPass(step: Pass): Call[] {
    const names = new Map<object, string>();
    const nameOf = (source: object) => {
      if (!names.has(source)) names.set(source, `p${names.size}`);
      return names.get(source)!;
    };
    // The kernel's text names buffers in the order of its parameters.
    const key = printKernel(step, nameOf);
    const index = this.function(key, () => emitKernel(step));
    const push = (code: FunctionBuilder) => {
      for (const source of names.keys()) this.address(code, source as Buffer);
      code.i32(this.layout.base + this.layout.head.partials);
    };
    const work = { shared: isShared(step), reads: readsOf(step), writes: writesOf(step) };
    const parameters = names.size + 1;
    const first: Call = { ...work, index, parameters, hasParts: true, push };
    if (partialBytes(step) === 0) return [first];
    const own = this.function(`finish ${key}`, () => emitFinish(step));
    const folded = step.folds.map(({ view }) => view);
    const stored = step.stores.map(({ view }) => view);
    return [
      { ...first, writes: [...stored, partials] },
      { index: own, parameters, hasParts: false, push, shared: false, reads: [partials], writes: folded },
    ];
  }

  private function(key: string, make: () => FunctionBuilder): number {
    let index = this.functions.get(key);
    if (index === undefined) this.functions.set(key, (index = this.module.add(make())));
    return index;
  }

  private viewAddress(code: FunctionBuilder, { source, offset }: { source: object; offset: number }): void {
    this.address(code, source as Buffer);
    if (offset > 0) code.i32(4 * offset).op("i32.add");
  }

  private address(code: FunctionBuilder, buffer: Buffer): void {
    const own = this.schedule.inPlace.get(buffer) ?? buffer;
    const slot = this.layout.inputs.indexOf(own);
    if (slot >= 0) code.i32(slotOf(this.layout, slot)).memory("i32.load");
    else code.i32(addressOf(this.layout, own));
  }
}

/** The memory of partial sums as a buffer that kernels read and write, so that its uses are ordered. */
const partials = wholeView({ name: "partials", dtype: "float32", size: 1, role: "temporary" } satisfies Buffer, [1]);
