import * as ort from "#onnxruntime";
import { EngineError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { type TensorType, input } from "../graph/tensor.ts";
import { emitOnnx } from "../onnx/index.ts";
import type { Arrays, Engine } from "./engine.ts";
import { type OrtOptions, requireOnnxRuntime, writesGiven } from "./onnxruntime.ts";
import { type OrtState, compileOrt } from "./ort-program.ts";
import { arrayOf, createSession, tensorOf, waiting } from "./ort-session.ts";

/** Prefix of the outputs of a graph that copies the state. */
const copied = "copy/";

/**
 * ONNX Runtime as an engine. @throws EngineError when it is not installed, and on first compilation when the device
 * does not exist.
 */
export function ortEngine(options: OrtOptions): Engine {
  requireOnnxRuntime();
  const { device } = options;
  return {
    name: device,
    compile: (program) =>
      compileOrt(program, options, (state) => state instanceof (device === "cpu" ? HostState : DeviceState)),
    createState: (values) => (device === "cpu" ? new HostState(values) : new DeviceState(values, options)),
  };
}

/**
 * State in main memory: two buffers per tensor, one read while the other is written. ONNX Runtime would accept the same buffer as
 * input and output of a call, but computes wrong numbers then.
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

  target(name: string): ort.Tensor | null {
    const [, back] = this.pair(name);
    return writesGiven() ? back : null;
  }

  replace(name: string, value: ort.Tensor): void {
    const pair = this.pair(name);
    pair[1] = value;
    pair.reverse();
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
    if (pair === undefined) throw new EngineError(`cpu: the state has no tensor "${name}"`);
    return pair;
  }
}

/** State in GPU memory: each call creates new buffers there, and the old ones are freed. */
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
    // Downloading a buffer directly crashes the process in onnxruntime-node 1.30, while running a graph that copies it works.
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
    if (tensor === undefined) throw new EngineError(`webgpu: the state has no tensor "${name}"`);
    return tensor;
  }

  private free(name: string): void {
    const tensor = this.tensors.get(name);
    if (tensor?.location === "gpu-buffer") tensor.dispose();
  }
}
