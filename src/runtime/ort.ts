import * as ort from "#onnxruntime";
import type { InferenceSession } from "onnxruntime-common";
import { EngineError } from "../base/errors.ts";
import { type DType, type NdArray, ndarray } from "../base/ndarray.ts";
import { emitOnnx } from "../onnx/index.ts";
import { type Dims, type TensorType, input } from "../graph/tensor.ts";
import {
  type Arrays,
  type Compiled,
  type Engine,
  type Program,
  type State,
  chooseInputs,
  inputsOf,
  largestNode,
} from "./engine.ts";

/** Whether ONNX Runtime is here: a browser's bundle does without it, and so may Node. */
export const hasOnnxRuntime: boolean = ort.env.versions.common !== "";

export interface OrtOptions {
  readonly device: "cpu" | "webgpu";
  /** Threads of one operator on the CPU. */
  readonly threads: number;
}

/** Below this many operations in its largest node a graph is as fast on one thread, and steadier. */
const worthThreads = 3e7;

/** Prefix of the graph's outputs that are new values of the state. */
const next = "next/";

/** Prefix of the outputs of a graph that copies the state. */
const copied = "copy/";

/** ONNX Runtime as an engine. @throws EngineError (on first compile) where the device does not exist. */
export function ortEngine(options: OrtOptions): Engine {
  const { device } = options;
  return {
    name: device,
    compile: (program) =>
      compileOrt(program, options, (state) => state instanceof (device === "cpu" ? HostState : DeviceState)),
    createState: (values) => (device === "cpu" ? new HostState(values) : new DeviceState(values, options)),
  };
}

/** Opens bytes of an ONNX file for inference. What fails is thrown, and not printed besides. */
export function openSession(bytes: Uint8Array, options: OrtOptions): Promise<InferenceSession> {
  return createSession(bytes, options, options.threads, { ...waiting(false), logSeverityLevel: 4 });
}

/**
 * How a session's threads wait for work. Spinning saves a fifth of a training step's time; but each session owns its
 * threads, and the spinning ones of sessions that are only alive would slow down all others.
 */
export function waiting(spinning: boolean): ort.InferenceSession.SessionOptions {
  return { extra: { session: { intra_op: { allow_spinning: spinning ? "1" : "0" } } } };
}

/** A session of a training graph; its threads spin where a program runs again and again. */
export async function createSession(
  bytes: Uint8Array,
  { device }: OrtOptions,
  threads: number,
  extra: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, {
      executionProviders: [device],
      executionMode: "sequential",
      intraOpNumThreads: threads,
      // Both cost memory for no gain on graphs whose shapes never change.
      enableMemPattern: false,
      enableCpuMemArena: true,
      logSeverityLevel: 3,
      ...extra,
    });
  } catch (error) {
    throw Object.assign(explain(error, device), { cause: error });
  }
}

function explain(error: unknown, device: string): Error {
  const text = error instanceof Error ? error.message : String(error);
  if (device === "webgpu" && /adapter|webgpu|wgpu|device/i.test(text)) {
    return new EngineError(
      `webgpu: no graphics adapter was found - got ${firstLine(text)}`,
      "use --device cpu, or install a Vulkan driver; zaya doctor shows what works here",
    );
  }
  return new EngineError(`${device}: ONNX Runtime could not load the graph - got ${firstLine(text)}`);
}

export function firstLine(text: string): string {
  return text.split("\n")[0]!.slice(0, 300);
}

/** A program as one session. `owns` tells states that it can use. */
export async function compileOrt(
  program: Program,
  options: OrtOptions,
  owns: (state: State) => boolean,
): Promise<Compiled> {
  const updates = program.updates ?? {};
  const renamed = Object.fromEntries(Object.entries(updates).map(([name, tensor]) => [next + name, tensor]));
  const bytes = emitOnnx({ ...program.outputs, ...renamed }, { target: "training" });
  const threads = threadsFor(largestNode(program), options);
  const locations = Object.fromEntries([
    ...Object.keys(program.outputs).map((name) => [name, "cpu"] as const),
    ...Object.keys(renamed).map((name) => [name, "gpu-buffer"] as const),
  ]);
  const extra = {
    ...waiting(Object.keys(updates).length > 0),
    ...(options.device === "cpu" ? {} : { preferredOutputLocation: locations }),
  };
  const session = await createSession(bytes, options, threads, extra);
  return new OrtProgram(session, program, options.device, owns);
}

/** @param flops The largest number of floating point operations of one node. */
export function threadsFor(flops: number, { threads }: OrtOptions): number {
  return flops < worthThreads ? 1 : threads;
}

/** State of which ONNX Runtime can read one version while it writes the next. */
export interface OrtState extends State {
  current(name: string): ort.Tensor | undefined;
  /** Where the next value goes; null where ONNX Runtime finds a place. @throws EngineError for an unknown name. */
  target(name: string): ort.Tensor | null;
  replace(name: string, value: ort.Tensor): void;
}

class OrtProgram implements Compiled {
  private readonly outputs: readonly string[];
  private readonly updates: readonly string[];
  private readonly inputs: ReadonlyMap<string, Dims>;

  constructor(
    private readonly session: ort.InferenceSession,
    program: Program,
    private readonly device: string,
    private readonly owns: (state: State) => boolean,
  ) {
    this.outputs = Object.keys(program.outputs);
    this.updates = Object.keys(program.updates ?? {});
    this.inputs = inputsOf(program);
  }

  async run(feeds: Arrays, state?: State): Promise<Arrays> {
    const own = this.requireState(state);
    const given = chooseInputs(this.device, this.inputs, (name) => feeds[name] ?? shaped(own?.current(name)));
    const inputs: Record<string, ort.Tensor> = {};
    for (const [name, value] of Object.entries(given))
      inputs[name] = "tensor" in value ? value.tensor : tensorOf(value);
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const name of this.outputs) fetches[name] = null;
    for (const name of this.updates) fetches[next + name] = own!.target(name);
    const results = await this.call(inputs, fetches);
    for (const name of this.updates) own!.replace(name, results[next + name]!);
    return Object.fromEntries(this.outputs.map((name) => [name, arrayOf(results[name]!)]));
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private async call(inputs: Record<string, ort.Tensor>, fetches: Record<string, ort.Tensor | null>) {
    try {
      return await this.session.run(inputs, fetches);
    } catch (error) {
      throw new EngineError(`${this.device}: the step failed - got ${firstLine(String(error))}`);
    }
  }

  private requireState(state: State | undefined): OrtState | undefined {
    if (state === undefined) {
      if (this.updates.length > 0) throw new EngineError(`${this.device}: a step with updates needs a state`);
      return undefined;
    }
    if (!this.owns(state)) throw new EngineError(`${this.device}: the state belongs to another engine`);
    return state as OrtState;
  }
}

/** A tensor of the state among arrays that are fed. */
function shaped(tensor: ort.Tensor | undefined) {
  return tensor && { tensor, shape: tensor.dims };
}

function tensorOf(value: NdArray): ort.Tensor {
  if (value.dtype === "float64") {
    return new ort.Tensor("float32", Float32Array.from(value.data), value.shape);
  }
  return new ort.Tensor(value.dtype, value.data as Float32Array, value.shape);
}

function arrayOf(tensor: ort.Tensor): NdArray {
  return ndarray(tensor.type as DType, tensor.dims, tensor.data as Float32Array);
}

/**
 * State in main memory: two buffers a tensor, one read while the other is written. ONNX Runtime accepts one buffer as
 * input and output of a call and then computes wrong numbers.
 */
class HostState implements OrtState {
  private readonly buffers = new Map<string, [front: ort.Tensor, back: ort.Tensor]>();

  constructor(values: Arrays) {
    for (const [name, value] of Object.entries(values)) {
      const front = tensorOf({ ...value, data: value.data.slice() } as NdArray);
      this.buffers.set(name, [front, tensorOf({ ...value, data: value.data.slice() } as NdArray)]);
    }
  }

  get names(): readonly string[] {
    return [...this.buffers.keys()];
  }

  current(name: string): ort.Tensor | undefined {
    return this.buffers.get(name)?.[0];
  }

  target(name: string): ort.Tensor {
    return this.pair(name)[1];
  }

  replace(name: string): void {
    this.pair(name).reverse();
  }

  async read(names: readonly string[] = this.names): Promise<Arrays> {
    return Object.fromEntries(
      names.map((name) => {
        const { dtype, shape, data } = arrayOf(this.pair(name)[0]);
        return [name, { dtype, shape, data: data.slice() } as NdArray];
      }),
    );
  }

  dispose(): void {
    this.buffers.clear();
  }

  private pair(name: string): [ort.Tensor, ort.Tensor] {
    const pair = this.buffers.get(name);
    if (pair === undefined) throw new EngineError(`cpu: the state holds no "${name}"`);
    return pair;
  }
}

/** State in the memory of the graphics device: each call makes new buffers there, and the old ones are freed. */
class DeviceState implements OrtState {
  private readonly tensors: Map<string, ort.Tensor>;
  private copier: Promise<ort.InferenceSession> | null = null;

  constructor(
    values: Arrays,
    private readonly options: OrtOptions,
  ) {
    this.tensors = new Map(
      Object.entries(values).map(([name, value]) => [
        name,
        tensorOf({ ...value, data: value.data.slice() } as NdArray),
      ]),
    );
  }

  get names(): readonly string[] {
    return [...this.tensors.keys()];
  }

  current(name: string): ort.Tensor | undefined {
    return this.tensors.get(name);
  }

  target(name: string): null {
    this.require(name);
    return null;
  }

  replace(name: string, value: ort.Tensor): void {
    this.free(name);
    this.tensors.set(name, value);
  }

  async read(names: readonly string[] = this.names): Promise<Arrays> {
    // Downloading a buffer by itself ends the process in onnxruntime-node 1.30; a graph that copies it does not.
    this.copier ??= this.makeCopier();
    const inputs = Object.fromEntries(this.names.map((name) => [name, this.require(name)]));
    for (const name of names) this.require(name);
    const results = await (await this.copier).run(inputs);
    return Object.fromEntries(names.map((name) => [name, arrayOf(results[copied + name]!)]));
  }

  private makeCopier(): Promise<ort.InferenceSession> {
    const outputs = [...this.tensors].map(([name, { dims, type }]) => [
      copied + name,
      input(name, dims, type as TensorType),
    ]);
    const bytes = emitOnnx(Object.fromEntries(outputs), { target: "training" });
    return createSession(bytes, this.options, this.options.threads, waiting(false));
  }

  dispose(): void {
    for (const name of this.names) this.free(name);
    this.tensors.clear();
    void this.copier?.then((session) => session.release());
  }

  private require(name: string): ort.Tensor {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw new EngineError(`webgpu: the state holds no "${name}"`);
    return tensor;
  }

  private free(name: string): void {
    const tensor = this.tensors.get(name);
    if (tensor?.location === "gpu-buffer") tensor.dispose();
  }
}
