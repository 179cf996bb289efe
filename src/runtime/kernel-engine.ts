import { EngineError } from "../base/errors.ts";
import { type DType, type NdArray, type Shape, castTo, ndarray, sizeOf } from "../base/ndarray.ts";
import type { View } from "../graph/view.ts";
import {
  type Buffer,
  type IsPacked,
  type KernelPlan,
  addressOf,
  emitKernels,
  layoutOf,
  memoryImport,
  planKernels,
  slotOf,
} from "../kernels/index.ts";
import { type Arrays, type Compiled, type Engine, type Program, type State, chooseInputs, inputsOf } from "./engine.ts";
import { Heap } from "./heap.ts";
import { KernelState } from "./kernel-state.ts";
import { type OrtOptions, compileOrt } from "./ort.ts";
import { Products } from "./products.ts";

/** Kernels alone, in WebAssembly, on one thread: the same bits on every machine. */
export function wasmEngine(): Engine {
  const name = "wasm";
  const heap = new Heap(name);
  return {
    name,
    compile: async (program) => {
      const plan = planKernels(program, () => true);
      if (typeof plan === "string") throw new EngineError(`${name}: ${plan}`, "use --device cpu");
      return KernelProgram.open(name, program, plan, heap, null);
    },
    createState: (values) => new KernelState(name, heap, values),
  };
}

/**
 * ONNX Runtime on the CPU for large products, kernels for all else. A program that does not fit is ONNX Runtime's alone, and
 * its `note` says why.
 * @param isPacked Which products kernels make.
 */
export function kernelEngine(options: OrtOptions, isPacked: IsPacked = isFasterPacked): Engine {
  const name = "kernels";
  const heap = new Heap(name);
  const isOwn = (state: State) => state instanceof KernelState && state.belongsTo(heap);
  return {
    name,
    compile: async (program) => {
      const plan = planKernels(program, isPacked);
      const problem = typeof plan === "string" ? plan : heap.obstacle(plan.bytes);
      if (typeof plan !== "string" && problem === null) return KernelProgram.open(name, program, plan, heap, options);
      const whole = await compileOrt(program, options, isOwn);
      return {
        note: `ONNX Runtime alone: ${problem}`,
        run: (feeds, state) => heap.inTurn(() => whole.run(feeds, state)),
        release: () => whole.release(),
      };
    },
    createState: (values) => new KernelState(name, heap, values),
  };
}

/** A call of ONNX Runtime takes some 12 us, in which kernels make this many multiplications and additions. */
const worthCall = 2e5;

const isFasterPacked: IsPacked = (m, n, k) => m * n * k < worthCall;

interface Given {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly at: number | null;
  readonly value: NdArray | null;
}

class KernelProgram implements Compiled {
  private readonly inputs: ReturnType<typeof inputsOf>;
  /** Places of inputs that are fed, made when they first are. */
  private readonly fed = new Map<Buffer, number>();
  private readonly addresses: number[];
  private released = false;

  private constructor(
    private readonly name: string,
    program: Program,
    private readonly plan: KernelPlan,
    private readonly heap: Heap,
    private readonly base: number,
    private readonly exports: WebAssembly.Instance["exports"],
    private readonly products: ReadonlyMap<number, Products>,
  ) {
    this.inputs = inputsOf(program);
    this.addresses = plan.inputs.map(() => 0);
  }

  static async open(
    name: string,
    program: Program,
    plan: KernelPlan,
    heap: Heap,
    options: OrtOptions | null,
  ): Promise<KernelProgram> {
    const base = await heap.inTurn(async () => heap.allocate(plan.bytes));
    const layout = layoutOf(plan, base);
    for (const buffer of plan.constants) {
      heap.view(buffer.dtype, addressOf(layout, buffer), buffer.size).set(buffer.value!.data);
    }
    const module = await WebAssembly.compile(emitKernels(plan, base));
    const imports = { [memoryImport.module]: { [memoryImport.name]: heap.memory } };
    const { exports } = new WebAssembly.Instance(module, imports);
    const products = new Map<number, Products>();
    for (const [i, segment] of plan.schedule.segments.entries()) {
      if (segment.kind === "onnx") products.set(i, await Products.open(name, segment.products, options!, heap));
    }
    return new KernelProgram(name, program, plan, heap, base, exports, products);
  }

  run(feeds: Arrays, state?: State): Promise<Arrays> {
    return this.heap.inTurn(() => this.runNow(feeds, state));
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    for (const products of this.products.values()) await products.release();
    for (const at of [this.base, ...this.fed.values()]) this.heap.release(at);
  }

  private async runNow(feeds: Arrays, state: State | undefined): Promise<Arrays> {
    if (this.released) throw new EngineError(`${this.name}: the program was released`);
    const own = this.requireState(state);
    const given = chooseInputs<Given>(this.name, this.inputs, (name) => {
      const value = feeds[name];
      if (value !== undefined) return { shape: value.shape, dtype: value.dtype, at: null, value };
      const entry = own?.entry(name);
      return entry && { shape: entry.shape, dtype: entry.dtype, at: entry.front, value: null };
    });
    for (const name of this.plan.updates) own!.require(name);
    this.plan.inputs.forEach((buffer, i) => {
      this.addresses[i] = this.place(buffer, given[buffer.name] ?? null, own);
    });
    const layout = layoutOf(this.plan, this.base);
    (this.heap.view("int32", slotOf(layout, 0), this.addresses.length) as Int32Array).set(this.addresses);
    for (const [i, segment] of this.plan.schedule.segments.entries()) {
      if (segment.kind === "kernels") this.exports[`segment${i}`]!();
      else await this.products.get(i)!.run((buffer) => this.address(buffer));
    }
    this.exports.commit!();
    return Object.fromEntries([...this.plan.outputs].map(([name, view]) => [name, this.output(view)]));
  }

  private requireState(state: State | undefined): KernelState | undefined {
    if (state === undefined) {
      if (this.plan.updates.length > 0) throw new EngineError(`${this.name}: a step with updates needs a state`);
      return undefined;
    }
    if (!(state instanceof KernelState && state.belongsTo(this.heap))) {
      throw new EngineError(`${this.name}: the state belongs to another engine`);
    }
    return state;
  }

  /** The address of an input for this run. */
  private place(buffer: Buffer, given: Given | null, state: KernelState | undefined): number {
    // A tensor that is only written has no value to choose; one that is fed and written is written where the state has it.
    const kept = this.plan.updates.includes(buffer.name) ? state!.require(buffer.name).front : null;
    if (given === null) return kept!;
    const isReal = given.dtype === "float64" && buffer.dtype === "float32";
    if (given.dtype !== buffer.dtype && !isReal) {
      throw new EngineError(`${this.name}: input "${buffer.name}" is ${buffer.dtype} - got ${given.dtype}`);
    }
    if (given.at !== null) return given.at;
    let at = kept ?? this.fed.get(buffer);
    if (at === undefined) this.fed.set(buffer, (at = this.heap.allocate(4 * buffer.size)));
    this.heap.view(buffer.dtype, at, buffer.size).set(castTo(given.value!, buffer.dtype).data);
    return at;
  }

  private address(buffer: Buffer): number {
    const own = this.plan.schedule.inPlace.get(buffer) ?? buffer;
    const slot = this.plan.inputs.indexOf(own);
    return slot >= 0 ? this.addresses[slot]! : addressOf(layoutOf(this.plan, this.base), own);
  }

  private output({ source, offset, shape }: View): NdArray {
    const buffer = source as Buffer;
    const bytes = buffer.dtype === "bool" ? 1 : 4;
    const data = this.heap.view(buffer.dtype, this.address(buffer) + bytes * offset, sizeOf(shape)).slice();
    return ndarray(buffer.dtype, shape, data as never);
  }
}
