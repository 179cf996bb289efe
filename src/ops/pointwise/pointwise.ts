import { ShapeError } from "../../base/errors.ts";
import { equalShapes } from "../../base/ndarray.ts";
import { type Op, type Tensor, type TensorType, apply, defineOp, opOf } from "../../graph/tensor.ts";
import type { Emitter, Value } from "../../graph/emitter.ts";
import type { Arithmetic, Scalar } from "../../graph/kernel-form.ts";
import { broadcastToOp } from "../movement/broadcast-to.ts";
import { type Operand, broadcastShapes, forEachPair, lift, sumTo } from "./broadcast.ts";

interface Unary {
  readonly name: string;
  readonly compute: (x: number) => number;
  /** Gradient for x, given that of y; "none" for step functions. */
  readonly gradient: "none" | ((g: Tensor, x: Tensor, y: Tensor) => Tensor);
  /** An ONNX operator, or the nodes that make up the function. */
  readonly emit: string | ((emitter: Emitter, x: Value) => Value);
  readonly kernel: (k: Arithmetic, x: Scalar) => Scalar;
  readonly simplify?: (x: Tensor) => Tensor | null;
}

/** An op that maps each element independently. */
export function unary(def: Unary): Op<{}> {
  const { gradient, emit, simplify } = def;
  return defineOp<{}>({
    name: def.name,
    infer: ([x]) => {
      requireFloat(x!, def.name);
      return { shape: x!.shape, dtype: x!.dtype };
    },
    evaluate: ([x]) => x!.data.map(def.compute),
    gradient: gradient === "none" ? "none" : (g, [x], _, y) => [gradient(g, x!, y)],
    emit: (emitter, [x]) => (typeof emit === "string" ? emitter.node(emit, [x!], x!.shape) : emit(emitter, x!)),
    kernel: { pointwise: (k, [x]) => def.kernel(k, x!) },
    ...(simplify && { simplify: ([x]: readonly Tensor[]) => simplify(x!) }),
  });
}

interface Binary {
  readonly name: string;
  readonly compute: (a: number, b: number) => number;
  /** Gradients for a and b before their broadcast axes are summed. */
  readonly gradient: "none" | ((g: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor | null, Tensor | null]);
  readonly onnx: string;
  readonly kernel: (k: Arithmetic, a: Scalar, b: Scalar) => Scalar;
  /** Types that the operands may have; by default only float32. */
  readonly takes?: readonly TensorType[];
  readonly result?: TensorType;
  readonly simplify?: (a: Tensor, b: Tensor, y: Tensor) => Tensor | null;
}

/** An op on two operands that broadcast against each other. */
export function binary(def: Binary): Op<{}> {
  const { gradient, simplify } = def;
  const op: Op<{}> = defineOp<{}>({
    name: def.name,
    infer: ([a, b]) => {
      if (a!.dtype !== b!.dtype) {
        throw new ShapeError(`${def.name}: operands must have one type - got ${a!.dtype} and ${b!.dtype}`);
      }
      requireType(a!, def.takes ?? ["float32"], def.name);
      return {
        shape: broadcastShapes(a!.shape, b!.shape, def.name),
        dtype: def.result ?? a!.dtype,
      };
    },
    evaluate: ([a, b], _, shape) => {
      const out = new Float64Array(shape.reduce((size, extent) => size * extent, 1));
      forEachPair(shape, a!, b!, (to, i, j) => {
        out[to] = def.compute(a!.data[i]!, b!.data[j]!);
      });
      return out;
    },
    gradient:
      gradient === "none"
        ? "none"
        : (g, [a, b], _, y) => {
            const [da, db] = gradient(g, a!, b!, y);
            return [da && sumTo(da, a!.shape), db && sumTo(db, b!.shape)];
          },
    emit: (emitter, [a, b], _, y) => emitter.node(def.onnx, [a!, b!], y.shape),
    kernel: { pointwise: (k, [a, b]) => def.kernel(k, a!, b!) },
    simplify: ([a, b], _, y) => simplify?.(a!, b!, y) ?? withoutRepeats(op, a!, b!, y),
  });
  return op;
}

/** Arithmetic broadcasts its operands, so they need not be repeated first. */
function withoutRepeats(op: Op<{}>, a: Tensor, b: Tensor, y: Tensor): Tensor | null {
  for (const [left, right] of [
    [source(a), source(b)],
    [source(a), b],
    [a, source(b)],
  ] as const) {
    if (left === a && right === b) continue;
    const shorter = apply(op, [left, right], {});
    if (equalShapes(shorter.shape, y.shape)) return shorter;
  }
  return null;
}

function source(x: Tensor): Tensor {
  return opOf(x) === (broadcastToOp as unknown as Op) ? x.inputs[0]! : x;
}

export function applyBinary(op: Op<{}>, a: Operand, b: Operand): Tensor {
  return apply(op, [lift(a), lift(b)], {});
}

export function applyUnary(op: Op<{}>, x: Tensor): Tensor {
  return apply(op, [x], {});
}

export function requireFloat(x: Tensor, where: string): void {
  requireType(x, ["float32"], where);
}

function requireType(x: Tensor, types: readonly TensorType[], where: string): void {
  if (!types.includes(x.dtype))
    throw new ShapeError(`${where}: needs ${types.join(" or ")} - got ${x.dtype}`, "cast it first");
}
