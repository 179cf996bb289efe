import { type Draw, isDraw } from "../base/draw.ts";
import { EngineError } from "../base/errors.ts";
import { type DType, type NdArray, type Shape, bytesOfType, castTo, ndarray, sizeOf } from "../base/ndarray.ts";
import type { View } from "../graph/view.ts";
import {
  type Buffer,
  type KernelPlan,
  type ProgramLayout,
  addressOf,
  emitKernels,
  imports,
  layoutOf,
  printPlan,
  slotOf,
  stepsApart,
} from "../kernels/index.ts";
import {
  type Arrays,
  type Compiled,
  type EngineNote,
  type Feeds,
  type Program,
  type State,
  chooseInputs,
  inputsOf,
} from "./engine.ts";
import type { Draws } from "./draws.ts";
import { type Heap, mostPages } from "./heap.ts";
import { KernelState } from "./kernel-state.ts";
import type { OrtOptions } from "./onnxruntime.ts";
import { ProductSessions } from "./product-sessions.ts";
import { Products } from "./products.ts";
import type { Exports } from "./thread.ts";
import type { ThreadPool } from "./thread-pool.ts";
import type { Threads } from "./threads.ts";

/** Called before each step of a plan; the returned function is called after it. For profiling. */
export type ObserveStep = (text: string) => () => void;

/** Resources that the programs of an engine share. */
export interface KernelHost {
  readonly name: string;
  readonly heap: Heap;
  readonly draws: Draws;
  readonly pool: ThreadPool | null;
  /** The least work of a segment for which threads are woken, in instructions per element; at least 1. */
  readonly worthWaking: number;
  /** Settings of ONNX Runtime for products; null if kernels compute all of them. */
  readonly products: OrtOptions | null;
  readonly observe: ObserveStep | null;
}

/** The threads that run a program, and its number among theirs. */
interface Team {
  readonly threads: Threads;
  readonly program: number;
}

const withoutThreads: EngineNote = {
  evidence: "one thread: the others did not start in time, which a busy machine or a slow server can cause",
  change: { flag: "--threads 1", reason: "the results are the same, and starting does not wait for threads" },
};

interface Given {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly at: number | null;
  readonly value: NdArray | Draw | null;
}

/** A program that runs as kernels, with products computed by ONNX Runtime if the plan has any. */
export class KernelProgram implements Compiled {
  private readonly inputs: ReturnType<typeof inputsOf>;
  /** Addresses of fed inputs, allocated on first use. */
  private readonly fed = new Map<Buffer, number>();
  private readonly addresses: number[];
  private readonly layout: ProgramLayout;
  /** Description of each segment, for observers. */
  private readonly texts: readonly string[];
  private released = false;

  private constructor(
    private readonly host: KernelHost,
    program: Program,
    private readonly plan: KernelPlan,
    private readonly base: number,
    private readonly exports: Exports,
    private readonly products: ReadonlyMap<number, Products>,
    private readonly sessions: ProductSessions | null,
    private readonly team: Team | null,
    readonly note: EngineNote | undefined,
  ) {
    this.inputs = inputsOf(program);
    this.addresses = plan.inputs.map(() => 0);
    this.layout = layoutOf(plan, base);
    this.texts =
      host.observe === null
        ? []
        : plan.schedule.segments.map((segment) =>
            printPlan({ ...plan.schedule, segments: [segment], copied: new Map() }),
          );
  }

  static open(host: KernelHost, program: Program, whole: KernelPlan): Promise<KernelProgram> {
    const plan = host.observe === null ? whole : stepsApart(whole);
    return host.heap.inTurn(() => KernelProgram.openNow(host, program, plan));
  }

  private static async openNow(host: KernelHost, program: Program, plan: KernelPlan): Promise<KernelProgram> {
    const { name, heap, pool } = host;
    const base = heap.allocate(plan.bytes);
    const layout = layoutOf(plan, base);
    for (const buffer of plan.constants) {
      heap.view(buffer.dtype, addressOf(layout, buffer), buffer.size).set(buffer.value!.data);
    }
    const isWorth = [...plan.shared.values()].some((work) => work >= host.worthWaking);
    const threads = pool !== null && isWorth ? await pool.enter() : null;
    const threadLayout = { control: threads && threads.control, pages: heap.isShared ? mostPages : null };
    const module = await WebAssembly.compile(emitKernels(plan, base, threadLayout));
    const given = { [imports.memory]: heap.memory, ...(threads && { [imports.waiting]: () => threads.lookAround() }) };
    const exports = new WebAssembly.Instance(module, { [imports.module]: given }).exports as Exports;
    const team = threads && { threads, program: await threads.add(module) };
    const products = new Map<number, Products>();
    const sessions = host.products && new ProductSessions(host.products);
    for (const [i, segment] of plan.schedule.segments.entries()) {
      if (segment.kind !== "onnx") continue;
      products.set(i, await Products.open(name, segment.products, host.products!, heap, sessions!));
    }
    const note = pool !== null && isWorth && threads === null ? withoutThreads : undefined;
    return new KernelProgram(host, program, plan, base, exports, products, sessions, team, note);
  }

  run(feeds: Feeds, state?: State): Promise<Arrays> {
    return this.host.heap.inTurn(() => this.runNow(feeds, state));
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    if (this.team !== null) {
      this.team.threads.remove(this.team.program);
      this.host.pool!.leave();
    }
    await this.sessions?.release();
    for (const at of [this.base, ...this.fed.values()]) this.host.heap.release(at);
  }

  private async runNow(feeds: Feeds, state: State | undefined): Promise<Arrays> {
    if (this.released) throw new EngineError(`${this.host.name}: the program was released`);
    const own = this.requireState(state);
    const given = chooseInputs<Given>(this.host.name, this.inputs, (name) => {
      const value = feeds[name];
      if (value !== undefined) {
        return { shape: value.shape, dtype: isDraw(value) ? "float32" : value.dtype, at: null, value };
      }
      const entry = own?.entry(name);
      return entry && { shape: entry.shape, dtype: entry.dtype, at: entry.front, value: null };
    });
    for (const name of this.plan.updates) own!.require(name);
    this.plan.inputs.forEach((buffer, i) => {
      this.addresses[i] = this.place(buffer, given[buffer.name] ?? null, own);
    });
    (this.host.heap.view("int32", slotOf(this.layout, 0), this.addresses.length) as Int32Array).set(this.addresses);
    for (const [i, segment] of this.plan.schedule.segments.entries()) {
      const done = this.host.observe?.(this.texts[i]!);
      if (segment.kind === "onnx") await this.products.get(i)!.run(this.address);
      else this.runSegment(i);
      done?.();
    }
    this.exports.commit!();
    return Object.fromEntries([...this.plan.outputs].map(([name, view]) => [name, this.output(view)]));
  }

  private runSegment(i: number): void {
    const segment = this.exports[`segment${i}`]!;
    if (this.team === null || (this.plan.shared.get(i) ?? 0) < this.host.worthWaking) segment(0, 1);
    else this.team.threads.run(this.team.program, i, segment);
  }

  private requireState(state: State | undefined): KernelState | undefined {
    if (state === undefined) {
      if (this.plan.updates.length > 0) throw new EngineError(`${this.host.name}: a step with updates needs a state`);
      return undefined;
    }
    if (!(state instanceof KernelState && state.belongsTo(this.host.heap))) {
      throw new EngineError(`${this.host.name}: the state belongs to another engine`);
    }
    return state;
  }

  /** The address of an input for this run. */
  private place(buffer: Buffer, given: Given | null, state: KernelState | undefined): number {
    // A tensor that is only written has no input value; one that is fed and written is written to its address in the state.
    const kept = this.plan.updates.includes(buffer.name) ? state!.require(buffer.name).front : null;
    if (given === null) return kept!;
    const isReal = given.dtype === "float64" && buffer.dtype === "float32";
    if (given.dtype !== buffer.dtype && !isReal) {
      throw new EngineError(`${this.host.name}: input "${buffer.name}" is ${buffer.dtype} - got ${given.dtype}`);
    }
    if (given.at !== null) return given.at;
    let at = kept ?? this.fed.get(buffer);
    if (at === undefined) this.fed.set(buffer, (at = this.host.heap.allocate(bytesOfType(buffer.dtype) * buffer.size)));
    const value = given.value!;
    if (isDraw(value)) this.host.draws.into(value, at);
    else this.host.heap.view(buffer.dtype, at, buffer.size).set(castTo(value, buffer.dtype).data);
    return at;
  }

  private readonly address = (buffer: Buffer): number => {
    const own = this.plan.schedule.inPlace.get(buffer) ?? buffer;
    const slot = this.plan.inputs.indexOf(own);
    return slot >= 0 ? this.addresses[slot]! : addressOf(this.layout, own);
  };

  private output({ source, offset, shape }: View): NdArray {
    const buffer = source as Buffer;
    const at = this.address(buffer) + bytesOfType(buffer.dtype) * offset;
    const data = this.host.heap.view(buffer.dtype, at, sizeOf(shape)).slice();
    return ndarray(buffer.dtype, shape, data as never);
  }
}
