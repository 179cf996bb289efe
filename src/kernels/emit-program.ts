import { emitKernel } from "./emit-kernel.ts";
import { type ProductFunctions, addProductFunctions, borderBytes, emitProduct } from "./emit-product.ts";
import { emitArgmax, emitScatter } from "./emit-steps.ts";
import { printKernel } from "./kernel.ts";
import { type MemoryPlan, bytesOfBuffer } from "./memory-plan.ts";
import type { Schedule } from "./schedule.ts";
import type { Buffer, Step } from "./steps.ts";
import { FunctionBuilder, ModuleBuilder } from "./wasm.ts";

/** What a program's memory begins with: a place for a tile, then the address of each input. */
export function headBytes(inputs: number): number {
  return borderBytes + Math.ceil(inputs / 16) * 64;
}

export interface ProgramLayout {
  /** Address of the program's memory. */
  readonly base: number;
  readonly plan: MemoryPlan;
  /** The inputs in the order of their addresses in the head. */
  readonly inputs: readonly Buffer[];
}

/** The address at which the address of an input stands. */
export function slotOf({ base }: ProgramLayout, index: number): number {
  return base + borderBytes + 4 * index;
}

/** The address of a buffer that is not an input's. */
export function addressOf({ base, plan, inputs }: ProgramLayout, buffer: Buffer): number {
  return base + headBytes(inputs.length) + plan.offsets.get(buffer)!;
}

/** A module that exports a function for each segment of kernels, `segment0` and so on by their number, and `commit`. */
export function emitProgram(schedule: Schedule, layout: ProgramLayout): Uint8Array<ArrayBuffer> {
  return new ProgramWriter(schedule, layout).write();
}

class ProgramWriter {
  private readonly module = new ModuleBuilder();
  private readonly functions = new Map<string, number>();
  private readonly calls = new Map<Step, { readonly index: number; readonly sources: readonly object[] }>();
  private products: ProductFunctions | null = null;

  constructor(
    private readonly schedule: Schedule,
    private readonly layout: ProgramLayout,
  ) {}

  write(): Uint8Array<ArrayBuffer> {
    const { segments, copied } = this.schedule;
    // Kernels first: functions are called by numbers that are given in order.
    for (const segment of segments) {
      if (segment.kind === "kernels") for (const step of segment.steps) this.calls.set(step, this.add(step));
    }
    segments.forEach((segment, i) => {
      if (segment.kind !== "kernels") return;
      const code = new FunctionBuilder([]);
      for (const step of segment.steps) this.call(code, step);
      this.module.add(code, `segment${i}`);
    });
    const commit = new FunctionBuilder([]);
    for (const [next, old] of copied) {
      this.address(commit, old);
      this.address(commit, next);
      commit.i32(bytesOfBuffer(next)).copyMemory();
    }
    this.module.add(commit, "commit");
    return this.module.finish({ pages: 0 });
  }

  /** The function of a step and what it is given the addresses of. Equal kernels are one function. */
  private add(step: Step): { index: number; sources: readonly object[] } {
    if (step.kind === "product") {
      this.products ??= addProductFunctions(this.module);
      const products = this.products;
      const key = `product ${step.a.shape.join()} ${step.b.shape.join()} ${step.out.shape.join()}`;
      return { index: this.function(key, () => emitProduct(step, products)), sources: [step.a, step.b, step.out] };
    }
    if (step.kind === "argmax") {
      return {
        index: this.function(`argmax ${step.x.shape.join()}`, () => emitArgmax(step)),
        sources: [step.x, step.out],
      };
    }
    if (step.kind === "scatter") {
      const key = `scatter ${step.g.shape.join()} ${step.out.shape.join()}`;
      return { index: this.function(key, () => emitScatter(step)), sources: [step.g, step.places, step.out] };
    }
    const names = new Map<object, string>();
    const nameOf = (source: object) => {
      if (!names.has(source)) names.set(source, `p${names.size}`);
      return names.get(source)!;
    };
    // The text names memory in the order in which the kernel takes its addresses.
    const key = printKernel(step, nameOf);
    return { index: this.function(key, () => emitKernel(step)), sources: [...names.keys()] };
  }

  private function(key: string, make: () => FunctionBuilder): number {
    let index = this.functions.get(key);
    if (index === undefined) this.functions.set(key, (index = this.module.add(make())));
    return index;
  }

  private call(code: FunctionBuilder, step: Step): void {
    const { index, sources } = this.calls.get(step)!;
    for (const source of sources) {
      // A view where it is a whole function's operand, a buffer where a kernel adds the offsets itself.
      if (step.kind === "pass") this.address(code, source as Buffer);
      else this.viewAddress(code, source as { source: object; offset: number });
    }
    if (step.kind === "product") code.i32(this.layout.base);
    const count = sources.length + (step.kind === "product" ? 1 : 0);
    code.call(
      index,
      Array.from({ length: count }, () => "i32" as const),
    );
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
