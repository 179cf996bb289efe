import { ShapeError } from "../base/errors.ts";
import { formatShape, ndarray, sizeOf } from "../base/ndarray.ts";
import { type Attrs, type Op, type Tensor, constant, constantValue, inputName, opOf } from "./tensor.ts";
import { toposort } from "./traverse.ts";

/** Constants of at most this many elements are folded; larger ones would only make the file larger. */
const foldLimit = 65536;

/**
 * Simplifies a graph: equal nodes are merged, constants folded, the simplifications of each op applied, and nodes that no
 * output needs dropped.
 */
export function simplify(outputs: readonly Tensor[]): Tensor[] {
  const replaced = new Map<Tensor, Tensor>();
  const table = new Interned();
  for (const node of toposort(outputs)) {
    const inputs = node.inputs.map((from) => replaced.get(from)!);
    const same = inputs.every((from, i) => from === node.inputs[i]);
    replaced.set(node, reduce(same ? node : { ...node, inputs }, table));
  }
  return outputs.map((output) => replaced.get(output)!);
}

function reduce(node: Tensor, table: Interned): Tensor {
  const known = table.find(node);
  if (known !== null) return known;
  const folded = fold(node) ?? opOf(node).simplify?.(node.inputs, node.attrs, node) ?? null;
  if (folded === null) return table.add(node);
  // A simplification may consist of several new nodes, each of which may be known already or simplify further.
  const result = folded.inputs.length === 0 ? reduceLeaf(folded, table) : simplifyInto(folded, table);
  table.alias(node, result);
  return result;
}

function simplifyInto(root: Tensor, table: Interned): Tensor {
  if (table.holds(root)) return root;
  const inputs = root.inputs.map((from) => simplifyInto(from, table));
  const same = inputs.every((from, i) => from === root.inputs[i]);
  return reduce(same ? root : { ...root, inputs }, table);
}

function reduceLeaf(leaf: Tensor, table: Interned): Tensor {
  return table.find(leaf) ?? table.add(leaf);
}

function fold(node: Tensor): Tensor | null {
  if (node.inputs.length === 0 || node.shape.some((extent) => typeof extent === "string")) return null;
  const shape = node.shape as number[];
  if (sizeOf(shape) > foldLimit) return null;
  const values = node.inputs.map(constantValue);
  if (values.some((value) => value === null)) return null;
  const numbers = values.map((value) => ({
    shape: value!.shape,
    data: Float64Array.from(value!.data),
  }));
  const data = opOf(node).evaluate(numbers, node.attrs, shape);
  const typed =
    node.dtype === "float32"
      ? Float32Array.from(data)
      : node.dtype === "int32"
        ? Int32Array.from(data)
        : Uint8Array.from(data);
  return constant(ndarray(node.dtype, shape, typed as never));
}

/** Nodes keyed by what they compute: op, inputs and attributes. */
class Interned {
  private readonly byKey = new Map<string, Tensor>();
  private readonly numbers = new Map<object, number>();
  private readonly members = new Set<Tensor>();
  /** A node is looked up once and added once. */
  private readonly keys = new Map<Tensor, string>();

  holds(node: Tensor): boolean {
    return this.members.has(node);
  }

  find(node: Tensor): Tensor | null {
    const known = this.byKey.get(this.key(node)) ?? null;
    if (known !== null && inputName(node) !== null) requireSame(known, node);
    return known;
  }

  add(node: Tensor): Tensor {
    this.alias(node, node);
    this.members.add(node);
    return node;
  }

  alias(node: Tensor, value: Tensor): void {
    this.byKey.set(this.key(node), value);
  }

  private key(node: Tensor): string {
    let key = this.keys.get(node);
    if (key === undefined) this.keys.set(node, (key = this.keyOf(node)));
    return key;
  }

  private keyOf(node: Tensor): string {
    const name = inputName(node);
    if (name !== null) return `input ${name}`;
    const inputs = node.inputs.map((from) => this.number(from)).join(",");
    return `${this.number(node.op as unknown as Op)} ${inputs} ${this.describe(node.attrs)}`;
  }

  private describe(attrs: Attrs): string {
    return JSON.stringify(attrs, (_, value: unknown) => {
      // Small constants are compared by value, large ones by identity.
      if (typeof value === "function") return `#${this.number(value)}`;
      if (ArrayBuffer.isView(value)) {
        const data = value as Float32Array;
        return data.length <= 64
          ? `${data.constructor.name} ${Array.from(data, exact).join(" ")}`
          : `#${this.number(data)}`;
      }
      return typeof value === "number" ? exact(value) : value;
    });
  }

  private number(object: object): number {
    let number = this.numbers.get(object);
    if (number === undefined) this.numbers.set(object, (number = this.numbers.size));
    return number;
  }
}

/** Inputs are identified by name. */
function requireSame(known: Tensor, node: Tensor): void {
  const [first, second] = [known, node].map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`);
  if (first !== second) {
    throw new ShapeError(`input "${inputName(node)}": one name has one shape and type - got ${first} and ${second}`);
  }
}

/** Unlike JSON, keeps NaN, infinities and the sign of zero. */
function exact(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
