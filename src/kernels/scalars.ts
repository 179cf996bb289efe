import { append } from "../base/many.ts";
import type { Arithmetic, Scalar } from "../graph/kernel-form.ts";
import type { TensorType } from "../graph/tensor.ts";
import { type View, viewKey } from "../graph/view.ts";
import * as elementary from "./elementary.ts";
import type { InstructionName } from "./instructions.ts";

/** Types of a register: four float32, int32, bytes (as int32) or booleans (all bits of a lane set, or none), or two float64. */
export type LaneType = Scalar["type"];

/** One value of a kernel's loop body. Equal values are one object, so that a body is a graph without duplicates. */
export type Node = Constant | Load | Applied;

interface Typed<T extends LaneType = LaneType> {
  /** Increasing: operands have smaller ids than the nodes that use them. */
  readonly id: number;
  readonly type: T;
}

/** The same number in every lane. */
interface Constant extends Typed {
  readonly kind: "constant";
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** The element of a view at the current position of the loop. */
export interface Load extends Typed<TensorType> {
  readonly kind: "load";
  readonly view: View;
}

/** A SIMD instruction on other nodes; `immediate` is the width of a shift, `lanes` the order of a shuffle's bytes. */
export interface Applied extends Typed {
  readonly kind: "applied";
  readonly op: InstructionName;
  readonly operands: readonly Node[];
  readonly immediate?: number;
  readonly lanes?: readonly number[];
}

const ones = 0xffffffff;

/** Creates the nodes of a program's kernels: the arithmetic of ops, and the instructions that elementary functions consist of. */
export class Nodes implements Arithmetic {
  private readonly known = new Map<string, Node>();
  private readonly numbers = new Map<number, Node>();
  private readonly sources = new Map<object, number>();
  private count = 0;

  load(view: View, type: TensorType): Load {
    return this.interned(`load ${type} ${viewKey(view, this.nameOf)}`, (id) => ({
      id,
      type,
      kind: "load",
      view,
    })) as Load;
  }

  number(value: number): Node {
    const known = this.numbers.get(value);
    // A Map does not tell 0 from -0.
    if (known !== undefined && value !== 0) return known;
    const node = this.constant("float32", Float32Array.of(value, value, value, value), String(Math.fround(value)));
    this.numbers.set(value, node);
    return node;
  }

  whole(value: number): Node {
    return this.constant("int32", Int32Array.of(value, value, value, value), String(value | 0));
  }

  /** A constant given by its 32 bits, for bitwise operations on floating-point numbers. */
  bits(value: number): Node {
    return this.whole(value | 0);
  }

  byte(value: number): Node {
    return this.constant("uint8", Int32Array.of(value, value, value, value), String(value));
  }

  truth(value: boolean): Node {
    return this.constant("bool", new Uint32Array(4).fill(value ? ones : 0), String(value));
  }

  double(value: number): Node {
    return this.constant("float64", Float64Array.of(value, value), String(value));
  }

  long(value: bigint): Node {
    return this.constant("float64", BigInt64Array.of(value, value), `0x${BigInt.asUintN(64, value).toString(16)}`);
  }

  add = (a: Scalar, b: Scalar) => this.apply("f32x4.add", "float32", a, b);
  sub = (a: Scalar, b: Scalar) => this.apply("f32x4.sub", "float32", a, b);
  mul = (a: Scalar, b: Scalar) => this.apply("f32x4.mul", "float32", a, b);
  div = (a: Scalar, b: Scalar) => this.apply("f32x4.div", "float32", a, b);
  min = (a: Scalar, b: Scalar) => this.apply("f32x4.min", "float32", a, b);
  max = (a: Scalar, b: Scalar) => this.apply("f32x4.max", "float32", a, b);
  neg = (x: Scalar) => this.apply("f32x4.neg", "float32", x);
  abs = (x: Scalar) => this.apply("f32x4.abs", "float32", x);
  sqrt = (x: Scalar) => this.apply("f32x4.sqrt", "float32", x);
  exp = (x: Scalar) => elementary.exp(this, x as Node);
  expm1 = (x: Scalar) => elementary.expm1(this, x as Node);
  log = (x: Scalar) => elementary.log(this, x as Node);
  log1p = (x: Scalar) => elementary.log1p(this, x as Node);
  tanh = (x: Scalar) => elementary.tanh(this, x as Node);
  sigmoid = (x: Scalar) => elementary.sigmoid(this, x as Node);
  softplus = (x: Scalar) => elementary.softplus(this, x as Node);
  erf = (x: Scalar) => elementary.erf(this, x as Node);
  pow = (a: Scalar, b: Scalar) => elementary.pow(this, a as Node, b as Node);

  greater(a: Scalar, b: Scalar): Node {
    return this.apply(a.type === "int32" ? "i32x4.gt_s" : "f32x4.gt", "bool", a, b);
  }

  greaterEqual(a: Scalar, b: Scalar): Node {
    return this.apply(a.type === "int32" ? "i32x4.ge_s" : "f32x4.ge", "bool", a, b);
  }

  equal(a: Scalar, b: Scalar): Node {
    return this.apply(a.type === "float32" ? "f32x4.eq" : "i32x4.eq", "bool", a, b);
  }

  select(condition: Scalar, a: Scalar, b: Scalar): Node {
    return this.apply("v128.bitselect", a.type, a, b, condition);
  }

  cast(x: Scalar, to: TensorType): Node {
    const from = x.type;
    const node = x as Node;
    if (from === to) return node;
    if (from === "bool") return this.apply("v128.and", to, node, to === "float32" ? this.number(1) : this.whole(1));
    if (to === "float32") return this.apply("f32x4.convert_i32x4_s", to, node);
    if (to === "int32" && from === "uint8") return this.apply("v128.or", to, node, this.whole(0));
    if (to === "int32") return this.apply("i32x4.trunc_sat_f32x4_s", to, node);
    return from === "float32"
      ? this.apply("f32x4.ne", to, node, this.number(0))
      : this.apply("i32x4.ne", to, node, this.whole(0));
  }

  apply(op: InstructionName, type: LaneType, ...operands: readonly Scalar[]): Node {
    const nodes = operands as readonly Node[];
    let key = `${op} ${type}`;
    for (const { id } of nodes) key += ` ${id}`;
    return this.interned(key, (id) => ({ id, type, kind: "applied", op, operands: nodes }));
  }

  shift(op: InstructionName, type: LaneType, x: Node, by: number): Node {
    return this.interned(`${op} ${type} ${x.id} by ${by}`, (id) => ({
      id,
      type,
      kind: "applied",
      op,
      operands: [x],
      immediate: by,
    }));
  }

  /** @param order For each 32-bit lane of the result, that of the operands: 0 to 3 of a, 4 to 7 of b. */
  shuffle(type: LaneType, a: Node, b: Node, order: readonly number[]): Node {
    const lanes = order.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte));
    return this.interned(`shuffle ${type} ${a.id},${b.id} ${lanes.join()}`, (id) => ({
      id,
      type,
      kind: "applied",
      op: "i8x16.shuffle",
      operands: [a, b],
      lanes,
    }));
  }

  /** A name for a source of views, the same for each of its views. */
  nameOf = (source: object): string => {
    let number = this.sources.get(source);
    if (number === undefined) this.sources.set(source, (number = this.sources.size));
    return `m${number}`;
  };

  private constant(type: LaneType, values: ArrayBufferView, text: string): Node {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.interned(`${type} ${bytes.join()}`, (id) => ({ id, type, kind: "constant", bytes, text }));
  }

  private interned(key: string, make: (id: number) => Node): Node {
    let node = this.known.get(key);
    if (node === undefined) this.known.set(key, (node = make(this.count++)));
    return node;
  }
}

/** The direct operands of a node. */
export function operandsOf(node: Node): readonly Node[] {
  return node.kind === "applied" ? node.operands : [];
}

/** All nodes that the roots depend on, operands first. */
export function neededFor(roots: readonly Node[]): Node[] {
  const found = new Set<Node>();
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (found.has(node)) continue;
    found.add(node);
    append(stack, operandsOf(node));
  }
  return [...found].toSorted((a, b) => a.id - b.id);
}
