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
  return new Simplifier().run(outputs);
}

/** Simplifies a graph repeatedly while its nodes are rewritten; parts that are already simple take little time. */
export class Simplifier {
  private readonly table = new Interned();
  /** Simplified forms of intermediate nodes: those that a simplification or rewriting produced, but that are not in the graph. */
  private readonly made = new Map<Tensor, Tensor>();

  /** @param rewrite Returns a replacement for a node whose inputs are already simplified, or null to keep the node. */
  run(outputs: readonly Tensor[], rewrite?: (node: Tensor) => Tensor | null): Tensor[] {
    const replaced = new Map<Tensor, Tensor>();
    for (const node of toposort(outputs)) {
      const own = withInputs(node, (from) => replaced.get(from)!);
      const other = rewrite?.(own) ?? null;
      replaced.set(node, other === null ? this.reduce(own) : this.simplified(other));
    }
    return outputs.map((output) => replaced.get(output)!);
  }

  private reduce(node: Tensor): Tensor {
    if (this.table.holds(node)) return node;
    const known = this.table.find(node);
    if (known !== null) return known;
    const folded = fold(node) ?? opOf(node).simplify?.(node.inputs, node.attrs, node) ?? null;
    if (folded === null) return this.table.add(node);
    // A simplification may consist of several new nodes, each of which may be known already or simplify further.
    const result = folded.inputs.length === 0 ? this.leaf(folded) : this.simplified(folded);
    this.table.alias(node, result);
    return result;
  }

  private simplified(root: Tensor): Tensor {
    if (this.table.holds(root)) return root;
    let result = this.made.get(root);
    if (result === undefined) {
      result = this.reduce(withInputs(root, (from) => this.simplified(from)));
      this.made.set(root, result);
    }
    return result;
  }

  private leaf(leaf: Tensor): Tensor {
    return this.table.find(leaf) ?? this.table.add(leaf);
  }
}

function withInputs(node: Tensor, inputOf: (from: Tensor) => Tensor): Tensor {
  const inputs = node.inputs.map(inputOf);
  return inputs.every((from, i) => from === node.inputs[i]) ? node : { ...node, inputs };
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

  private describe(value: unknown): string {
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
    if (typeof value === "function") return `#${this.number(value)}`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
    if (ArrayBuffer.isView(value)) {
      const data = value as Float32Array;
      // Small constants are compared by value, large ones by identity.
      return data.length <= 64 ? `${data.constructor.name}${this.list(Array.from(data))}` : `#${this.number(data)}`;
    }
    if (Array.isArray(value)) return this.list(value);
    let text = "{";
    for (const name in value) text += `${name}:${this.describe((value as Attrs)[name])},`;
    return `${text}}`;
  }

  private list(values: readonly unknown[]): string {
    let text = "[";
    for (const value of values) text += `${this.describe(value)},`;
    return `${text}]`;
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
