import * as ort from "#onnxruntime";

import { type Draw, drawInto, isDraw } from "../base/draw.ts";
import { EngineError } from "../base/errors.ts";
import { type NdArray, ndarray, sizeOf } from "../base/ndarray.ts";
import type { Dims } from "../graph/tensor.ts";
import { emitOnnx } from "../onnx/index.ts";
import {
  type Arrays,
  type Compiled,
  type Feeds,
  type Program,
  type State,
  chooseInputs,
  inputsOf,
  largestNode,
} from "./engine.ts";
import type { OrtOptions } from "./onnxruntime.ts";
import { arrayOf, createSession, firstLine, tensorOf, threadsFor, waiting } from "./ort-session.ts";

/** Prefix of graph outputs that are new values of the state. */
const next = "next/";

/** A program as one session. `owns` identifies states that it can use. */
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

/** State of which ONNX Runtime can read one version while it writes the next. */
export interface OrtState extends State {
  current(name: string): ort.Tensor | undefined;
  /** Where the next value is written; null if ONNX Runtime allocates it. @throws EngineError for an unknown name. */
  target(name: string): ort.Tensor | null;
  replace(name: string, value: ort.Tensor): void;
}

class OrtProgram implements Compiled {
  private readonly outputs: readonly string[];
  private readonly updates: readonly string[];
  private readonly inputs: ReadonlyMap<string, Dims>;
  /** Arrays of random inputs by name, one set for each call that was ever pending at the same time. */
  private readonly spare: Map<string, Float32Array>[] = [];

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

  async run(feeds: Feeds, state?: State): Promise<Arrays> {
    const arrays = this.spare.pop() ?? new Map<string, Float32Array>();
    try {
      return await this.runWith(arrays, feeds, state);
    } finally {
      this.spare.push(arrays);
    }
  }

  private async runWith(arrays: Map<string, Float32Array>, feeds: Feeds, state?: State): Promise<Arrays> {
    const own = this.requireState(state);
    const given = chooseInputs(this.device, this.inputs, (name) => feeds[name] ?? shaped(own?.current(name)));
    const inputs: Record<string, ort.Tensor> = {};
    for (const [name, value] of Object.entries(given)) {
      if ("tensor" in value) inputs[name] = value.tensor;
      else inputs[name] = tensorOf(isDraw(value) ? drawnWith(arrays, name, value) : value);
    }
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

/** Draws random numbers into the array of an input, which is made for the first draw. */
function drawnWith(arrays: Map<string, Float32Array>, name: string, draw: Draw): NdArray {
  let out = arrays.get(name);
  if (out?.length !== sizeOf(draw.shape)) arrays.set(name, (out = new Float32Array(sizeOf(draw.shape))));
  return ndarray("float32", draw.shape, drawInto(draw, out));
}

/** A state tensor in the form of a fed array. */
function shaped(tensor: ort.Tensor | undefined) {
  return tensor && { tensor, shape: tensor.dims };
}
