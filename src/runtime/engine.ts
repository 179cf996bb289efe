import type { NdArray } from "../base/ndarray.ts";
import { type Tensor, opOf } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";

export type Arrays = Readonly<Record<string, NdArray>>;

/**
 * What one call computes. Inputs of its graph are taken from the feeds or, by name, from the state; `updates` are new
 * values for tensors of the state.
 */
export interface Program {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates?: Readonly<Record<string, Tensor>>;
}

/** Tensors that live on the engine's device from call to call: parameters, moments, running statistics. */
export interface State {
  readonly names: readonly string[];
  /** Copies of the current values. */
  read(names?: readonly string[]): Promise<Arrays>;
  /** Releases the device's memory. The state cannot be used afterwards. */
  dispose(): void;
}

export interface Compiled {
  /** @throws EngineError when an input is missing or has another shape. */
  run(feeds: Arrays, state?: State): Promise<Arrays>;
  /** Releases the session. */
  release(): Promise<void>;
}

/** A place where programs run. Every engine computes the same numbers within its precision. */
export interface Engine {
  readonly name: string;
  compile(program: Program): Promise<Compiled>;
  createState(values: Arrays): State;
}

/** The largest count of floating point operations of one node: what a second thread could help with. */
export function largestNode(program: Program): number {
  const outputs = [...Object.values(program.outputs), ...Object.values(program.updates ?? {})];
  return Math.max(0, ...toposort(outputs).map((node) => opOf(node).flops?.(node.inputs, node.attrs, node) ?? 0));
}
