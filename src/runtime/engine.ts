import type { Draw } from "../base/draw.ts";
import { EngineError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape } from "../base/ndarray.ts";
import { bind } from "../graph/evaluate.ts";
import { type Dims, type Tensor, inputName, opOf } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";

/** Arrays by name. */
export type Arrays = Readonly<Record<string, NdArray>>;

/** What a program is fed, by name: arrays, and random numbers that the engine draws. */
export type Feeds = Readonly<Record<string, NdArray | Draw>>;

/**
 * A computation that runs in one call. Inputs of its graph are taken from the feeds or, by name, from the state; `updates` are
 * new values of tensors of the state.
 */
export interface Program {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates?: Readonly<Record<string, Tensor>>;
}

/** Tensors that stay on the engine's device between calls: parameters, optimizer state, running statistics. */
export interface State {
  readonly names: readonly string[];
  /** Copies of the current values. */
  read(names?: readonly string[]): Promise<Arrays>;
  /** Releases the device's memory. The state cannot be used afterwards. */
  dispose(): void;
}

/** A note that a program does not run as intended for its engine. */
export interface EngineNote {
  /** How it runs, and why. */
  readonly evidence: string;
  /** A flag that avoids it. */
  readonly change: { readonly flag: string; readonly reason: string };
}

/** A compiled program of an engine. */
export interface Compiled {
  /** A note for the user on how it runs. */
  readonly note?: EngineNote | undefined;
  /** @throws EngineError if an input is missing or has another shape. */
  run(feeds: Feeds, state?: State): Promise<Arrays>;
  /** Releases the session. */
  release(): Promise<void>;
}

/** A backend that runs programs. Every engine computes the same numbers within its precision. */
export interface Engine {
  readonly name: string;
  /** Bytes that programs may still use; undefined if unknown. */
  freeMemory?(): number;
  compile(program: Program): Promise<Compiled>;
  createState(values: Arrays): State;
}

/** Names and shapes of the inputs of a program's graph. */
export function inputsOf(program: Program): Map<string, Dims> {
  const outputs = [...Object.values(program.outputs), ...Object.values(program.updates ?? {})];
  const inputs = toposort(outputs).flatMap((node): [string, Dims][] => {
    const name = inputName(node);
    return name === null ? [] : [[name, node.shape]];
  });
  return new Map(inputs);
}

/**
 * The value of each input of a program.
 * @throws EngineError naming the input that has no value, or one of another shape.
 */
export function chooseInputs<T extends { readonly shape: Shape }>(
  engine: string,
  inputs: ReadonlyMap<string, Dims>,
  valueOf: (name: string) => T | undefined,
): Record<string, T> {
  const chosen: Record<string, T> = {};
  const extents = new Map<string, number>();
  for (const [name, shape] of inputs) {
    const value = valueOf(name);
    if (value === undefined) throw new EngineError(`${engine}: input "${name}" was not fed`);
    if (!bind(shape, value.shape, extents)) {
      throw new EngineError(
        `${engine}: input "${name}" has shape ${formatShape(shape)} - got ${formatShape(value.shape)}`,
      );
    }
    chosen[name] = value;
  }
  return chosen;
}

/** The largest number of floating-point operations of one node, which decides whether a second thread can help. */
export function largestNode(program: Program): number {
  const outputs = [...Object.values(program.outputs), ...Object.values(program.updates ?? {})];
  return toposort(outputs).reduce(
    (most, node) => Math.max(most, opOf(node).flops?.(node.inputs, node.attrs, node) ?? 0),
    0,
  );
}
