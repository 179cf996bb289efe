import { ShapeError } from "../base/errors.ts";
import type { DType, NdArray, Shape } from "../base/ndarray.ts";
import { formatShape } from "../base/ndarray.ts";
import type { Emitter, Value } from "./emitter.ts";
import type { KernelForm } from "./kernel-form.ts";

/** An extent: a number, or the name of one that is known only at run time (`"n"`, the batch of an exported model). */
export type Dim = number | string;
/** Shape of a symbolic tensor; an axis may be named, and its extent known when a program runs. */
export type Dims = readonly Dim[];

/** Types of values inside a graph; float32 stands for "real" and is evaluated in float64 by the interpreter. */
export type TensorType = Extract<DType, "float32" | "int32" | "bool">;

/** A symbol for an array: one node of a graph. The numeric counterpart is `NdArray`. */
export interface Tensor {
  readonly op: Op<never>;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
  readonly shape: Dims;
  readonly dtype: TensorType;
}

export type Attrs = Readonly<Record<string, unknown>>;

/** An array inside the interpreter: float64 whatever the type of the tensor, booleans and integers included. */
export interface Numbers {
  readonly shape: Shape;
  readonly data: Float64Array;
}

interface Inferred {
  readonly shape: Dims;
  readonly dtype: TensorType;
}

/**
 * All that zaya knows of one primitive, in one record: what it makes of shapes, what it computes, its gradient as
 * graph and its form in ONNX. A node points at its op, so that no table elsewhere lists the ops.
 */
export interface Op<A extends Attrs = Attrs> {
  readonly name: string;
  /** Shape and type of the result. @throws ShapeError when the inputs do not fit. */
  infer(inputs: readonly Tensor[], attrs: A): Inferred;
  /** The numbers of the result in float64: the oracle against which engines are tested. */
  evaluate(inputs: readonly Numbers[], attrs: A, shape: Shape): Numbers["data"];
  /**
   * Gradients with respect to each input, given the gradient `g` of the result `y`; null where none flows.
   * Written in ops, so that a gradient can be differentiated again. "none" for results that do not vary smoothly.
   */
  readonly gradient:
    | "none"
    | ((g: Tensor, inputs: readonly Tensor[], attrs: A, y: Tensor) => readonly (Tensor | null)[]);
  /** ONNX nodes for the result; `y` is the tensor itself, for its shape. */
  emit(emitter: Emitter, inputs: readonly Value[], attrs: A, y: Tensor): Value;
  /** How compiled kernels compute it. */
  readonly kernel: KernelForm<A>;
  /** A simpler tensor with the same value, if the inputs allow one. */
  simplify?(inputs: readonly Tensor[], attrs: A, y: Tensor): Tensor | null;
  /** A cheaper form of the sum of several results of this op, if there is one; used where gradients meet. */
  combine?(terms: readonly Tensor[]): Tensor | null;
  /** Floating point operations of one evaluation, where they are far more than one an element. */
  flops?(inputs: readonly Tensor[], attrs: A, y: Tensor): number;
}

/** Checks the record's type and erases it, so that ops of every kind of attributes live in one graph. */
export function defineOp<A extends Attrs>(op: Op<A>): Op<A> {
  return Object.freeze(op);
}

/** The tensor that `op` makes of `inputs`. */
export function apply<A extends Attrs>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const { shape, dtype } = op.infer(inputs, attrs);
  return { op: op as unknown as Op<never>, inputs, attrs, shape, dtype };
}

/** The op of a node with the type that its record has. */
export function opOf(node: Tensor): Op {
  return node.op as unknown as Op;
}

/** The static shape of a tensor. @throws ShapeError when an extent is known only at run time. */
export function staticShape(x: Tensor, where: string): Shape {
  const symbol = x.shape.find((extent) => typeof extent === "string");
  if (symbol !== undefined) {
    throw new ShapeError(`${where}: needs a shape known in advance - got ${formatShape(x.shape)}`);
  }
  return x.shape as Shape;
}

/** The extent of one axis as a number. @throws ShapeError when it is known only at run time. */
export function staticDim(x: Tensor, axis: number, where: string): number {
  const extent = x.shape[axis];
  if (typeof extent !== "number") {
    throw new ShapeError(`${where}: needs axis ${axis} known in advance - got ${formatShape(x.shape)}`);
  }
  return extent;
}

/** A value fed at run time, by name. */
const inputOp = defineOp<{ name: string; shape: Dims; dtype: TensorType }>({
  name: "input",
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  evaluate: (_, { name }) => {
    throw new ShapeError(`evaluate: input "${name}" was not fed`);
  },
  gradient: () => [],
  emit: (emitter, _, { name, shape, dtype }) => emitter.input(name, shape, dtype),
  kernel: { memory: "fed" },
});

/** A tensor that is fed, or taken from the state, by its name when a program runs. */
export function input(name: string, shape: Dims, dtype: TensorType = "float32"): Tensor {
  return apply(inputOp, [], { name, shape, dtype });
}

/** A value known when the graph is built. */
const constantOp = defineOp<{ value: NdArray<TensorType> }>({
  name: "constant",
  infer: (_, { value }) => ({ shape: value.shape, dtype: value.dtype }),
  evaluate: (_, { value }) => Float64Array.from(value.data),
  gradient: () => [],
  emit: (emitter, _, { value }) => emitter.constant(value),
  kernel: { memory: "known" },
});

/** A tensor whose value, and so its shape, is known when the graph is built. */
export function constant(value: NdArray<TensorType>): Tensor {
  return apply(constantOp, [], { value });
}

/** The value of a constant node, or null for any other node. */
export function constantValue(x: Tensor): NdArray<TensorType> | null {
  return memoryOf(x) === "known" ? (x.attrs.value as NdArray<TensorType>) : null;
}

/** The name of an input node, or null for any other node. */
export function inputName(x: Tensor): string | null {
  return memoryOf(x) === "fed" ? (x.attrs.name as string) : null;
}

/** By what the op declares: a graph may hold nodes of another copy of zaya, as of a recipe whose package has its own. */
function memoryOf(x: Tensor): "fed" | "known" | null {
  const { kernel } = opOf(x);
  return "memory" in kernel ? kernel.memory : null;
}
