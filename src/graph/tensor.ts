import { ShapeError } from "../base/errors.ts";
import type { DType, NdArray, Shape } from "../base/ndarray.ts";
import { formatShape } from "../base/ndarray.ts";
import type { Emitter, Value } from "./emitter.ts";
import type { KernelForm } from "./kernel-form.ts";

/** An extent: a number, or a name if it is known only at run time (`"n"`, the batch size of an exported model). */
export type Dim = number | string;
/** Shape of a symbolic tensor; the extent of a named axis is known only at run time. */
export type Dims = readonly Dim[];

/** Element types in a graph. The interpreter evaluates float32 in float64. Bytes are only cast and moved. */
export type TensorType = Extract<DType, "float32" | "int32" | "uint8" | "bool">;

/** A symbolic array: one node of a graph. The numeric counterpart is `NdArray`. */
export interface Tensor {
  readonly op: Op<never>;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
  readonly shape: Dims;
  readonly dtype: TensorType;
}

export type Attrs = Readonly<Record<string, unknown>>;

/** An array in the interpreter: always float64, even for booleans and integers. */
export interface Numbers {
  readonly shape: Shape;
  readonly data: Float64Array;
}

interface Inferred {
  readonly shape: Dims;
  readonly dtype: TensorType;
}

/**
 * The complete definition of one primitive: shape inference, evaluation, gradient (as a graph), ONNX lowering and kernel.
 * A node references its op, so no table elsewhere lists the ops.
 */
export interface Op<A extends Attrs = Attrs> {
  readonly name: string;
  /** Shape and type of the result. @throws ShapeError if the inputs do not fit. */
  infer(inputs: readonly Tensor[], attrs: A): Inferred;
  /** The result in float64: the reference against which engines are tested. */
  evaluate(inputs: readonly Numbers[], attrs: A, shape: Shape): Numbers["data"];
  /**
   * Gradients with respect to each input, given the gradient `g` of the result `y`; null for inputs that get none.
   * Written in ops, so that gradients can be differentiated again. "none" for ops that are not differentiable.
   */
  readonly gradient:
    | "none"
    | ((g: Tensor, inputs: readonly Tensor[], attrs: A, y: Tensor) => readonly (Tensor | null)[]);
  /** Emits ONNX nodes for the result; `y` is the tensor itself and gives its shape. */
  emit(emitter: Emitter, inputs: readonly Value[], attrs: A, y: Tensor): Value;
  /** How kernels compute the op. */
  readonly kernel: KernelForm<A>;
  /** A simpler tensor with the same value, or null if there is none. */
  simplify?(inputs: readonly Tensor[], attrs: A, y: Tensor): Tensor | null;
  /** A cheaper form of the sum of several results of this op, or null if there is none; used to accumulate gradients. */
  combine?(terms: readonly Tensor[]): Tensor | null;
  /** Floating-point operations of one evaluation, if they are far more than one per element. */
  flops?(inputs: readonly Tensor[], attrs: A, y: Tensor): number;
}

/** Checks the type of an op's definition. */
export function defineOp<A extends Attrs>(op: Op<A>): Op<A> {
  return Object.freeze(op);
}

/** Applies an op to inputs. */
export function apply<A extends Attrs>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const { shape, dtype } = op.infer(inputs, attrs);
  return { op: op as unknown as Op<never>, inputs, attrs, shape, dtype };
}

/** The op of a node, typed. */
export function opOf(node: Tensor): Op {
  return node.op as unknown as Op;
}

/** The static shape of a tensor. @throws ShapeError if an extent is known only at run time. */
export function staticShape(x: Tensor, where: string): Shape {
  const symbol = x.shape.find((extent) => typeof extent === "string");
  if (symbol !== undefined) {
    throw new ShapeError(`${where}: needs a static shape - got ${formatShape(x.shape)}`);
  }
  return x.shape as Shape;
}

/** The static extent of one axis. @throws ShapeError if it is known only at run time. */
export function staticDim(x: Tensor, axis: number, where: string): number {
  const extent = x.shape[axis];
  if (typeof extent !== "number") {
    throw new ShapeError(`${where}: needs a static extent of axis ${axis} - got ${formatShape(x.shape)}`);
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

/** A tensor that is fed by name, or taken from the state, when a program runs. */
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

/** A tensor whose value and shape are known when the graph is built. */
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

/** Decided by the op's declaration rather than its identity, because a graph may contain nodes from another copy of zaya, for example one that a custom recipe's package depends on. */
function memoryOf(x: Tensor): "fed" | "known" | null {
  const { kernel } = opOf(x);
  return "memory" in kernel ? kernel.memory : null;
}
