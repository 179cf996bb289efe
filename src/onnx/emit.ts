import { ShapeError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape, full } from "../base/ndarray.ts";
import type { Emitter, OnnxAttribute, Target, Value } from "../graph/emitter.ts";
import { simplify } from "../graph/simplify.ts";
import { type Dims, type Tensor, type TensorType, inputName, opOf, staticShape } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";
import {
  type GraphParts,
  type ValueAbout,
  bytesOf,
  modelProto,
  nodeProto,
  sequenceInfoProto,
  tensorProto,
  valueInfoProto,
} from "./protobuf.ts";

/** Options of an ONNX file: the target, and its documentation. */
export interface EmitOptions {
  readonly target: Target;
  /** Written into the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Name of an additional output before all others: an empty sequence, which is no tensor. */
  readonly sequence?: string;
  /** Description of the model. */
  readonly doc?: string;
  /** Descriptions of inputs and outputs, by name. */
  readonly values?: Readonly<Record<string, ValueAbout>>;
}

/**
 * Encodes a graph as an ONNX model (opset 21) with the given outputs, by name. Its inputs are those of the graph, with
 * their names and shapes.
 */
export function emitOnnx(outputs: Readonly<Record<string, Tensor>>, options: EmitOptions): Uint8Array<ArrayBuffer> {
  const names = Object.keys(outputs);
  const simplified = simplify(Object.values(outputs));
  const order = toposort(simplified);
  const inputs = order.filter((node) => inputName(node) !== null);
  if (options.target === "training") {
    for (const node of inputs) staticShape(node, `onnx: input "${inputName(node)}" of a training graph`);
  }
  const writer = new OnnxWriter(options.target, publicNames(inputs, names), options.values ?? {});
  const values = new Map<Tensor, Value>();
  // Inputs first: any other node may have to read the length of an axis from one of them.
  for (const node of new Set([...inputs, ...order])) {
    const inputs = node.inputs.map((from) => values.get(from)!);
    values.set(node, opOf(node).emit(writer, inputs, node.attrs, node));
  }
  names.forEach((name, i) => writer.output(name, values.get(simplified[i]!)!, simplified[i]!));
  const graph = writer.finish();
  const { sequence } = options;
  const parts = sequence === undefined ? graph : withSequence(graph, sequence);
  return modelProto(parts, options.metadata ?? {}, options.doc);
}

function withSequence(graph: GraphParts, name: string): GraphParts {
  return {
    ...graph,
    nodes: [nodeProto("SequenceEmpty", [], [name], {}), ...graph.nodes],
    outputs: [sequenceInfoProto(name, "float32"), ...graph.outputs],
  };
}

/** Names of inputs and outputs, which all share one space. @throws ShapeError for a name that stands for both. */
function publicNames(inputs: readonly Tensor[], outputs: readonly string[]): ReadonlySet<string> {
  const names = new Set(inputs.map((node) => inputName(node)!));
  const both = outputs.find((name) => names.has(name));
  if (both !== undefined) throw new ShapeError(`onnx: an output must not have the name of an input - got "${both}"`);
  return new Set([...names, ...outputs]);
}

interface Node {
  readonly type: string;
  readonly inputs: readonly string[];
  outputs: string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

class OnnxWriter implements Emitter {
  private readonly nodesByKey = new Map<string, Value>();
  private readonly constants = new Map<string, Value>();
  private readonly nodeList: Node[] = [];
  private readonly initializers: Uint8Array[] = [];
  private readonly inputs: Uint8Array[] = [];
  private readonly outputs: Uint8Array[] = [];
  private readonly renamed = new Map<string, string>();
  /** Names of the outputs, and of the values that become outputs. */
  private readonly results = new Set<string>();
  /** Names of the results of nodes. */
  private readonly produced = new Set<string>();
  /** For a value that a reshape produced, its source, by name. */
  private readonly reshaped = new Map<string, Value>();
  /** Where the length of a symbolic extent can be read. */
  private readonly symbolSources = new Map<string, { readonly value: Value; readonly axis: number }>();
  private count = 0;

  constructor(
    readonly target: Target,
    private readonly taken: ReadonlySet<string>,
    private readonly abouts: NonNullable<EmitOptions["values"]>,
  ) {}

  node(type: string, inputs: readonly (Value | null)[], shape: Dims, attributes: Node["attributes"] = {}): Value {
    const names = inputs.map((value) => value?.name ?? "");
    const key = JSON.stringify([type, names, attributes]);
    const known = this.nodesByKey.get(key);
    if (known !== undefined) return known;
    const value = { name: this.fresh("t"), shape };
    const node = { type, inputs: names, outputs: [value.name], attributes };
    this.nodeList.push(node);
    this.produced.add(value.name);
    this.nodesByKey.set(key, value);
    return value;
  }

  input(name: string, shape: Dims, dtype: TensorType): Value {
    this.inputs.push(valueInfoProto(name, dtype, shape, this.abouts[name]));
    const value = { name, shape };
    shape.forEach((extent, axis) => {
      if (typeof extent === "string") this.symbolSources.set(extent, { value, axis });
    });
    return value;
  }

  constant(value: NdArray<TensorType>): Value {
    return this.initializer(value.dtype, value.shape, bytesOf(value));
  }

  indices(values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.initializer("int64", [values.length], new Uint8Array(data.buffer));
  }

  reshape(x: Value, shape: Dims): Value {
    if (formatShape(x.shape) === formatShape(shape)) return x;
    // Reshapes of reshapes are one: only the last shape counts.
    const from = this.reshaped.get(x.name) ?? x;
    if (formatShape(from.shape) === formatShape(shape)) return from;
    const target = shape.map((extent) => (typeof extent === "number" ? extent : -1));
    const value = this.node("Reshape", [from, this.indices(target)], shape);
    this.reshaped.set(value.name, from);
    return value;
  }

  zeros(shape: Dims): Value {
    const extents = this.extents(shape);
    return this.node("ConstantOfShape", [extents], shape);
  }

  ones(shape: Shape): Value {
    // Expanded when the session is made, so that the file stays small.
    return this.node("Expand", [this.constant(full([1], 1)), this.indices(shape)], shape);
  }

  expand(x: Value, shape: Dims): Value {
    return this.node("Expand", [x, this.extents(shape)], shape);
  }

  /** A name that no input, output or other value has. */
  private fresh(letter: string): string {
    const name = `${letter}${this.count++}`;
    return this.taken.has(name) ? this.fresh(letter) : name;
  }

  /** A shape as a value; symbolic extents are read off an input that has them. */
  private extents(shape: Dims): Value {
    if (shape.every((extent) => typeof extent === "number")) return this.indices(shape);
    const parts = shape.map((extent) => (typeof extent === "number" ? this.indices([extent]) : this.extentOf(extent)));
    return this.node("Concat", parts, [shape.length], { axis: 0 });
  }

  private extentOf(symbol: string): Value {
    const source = this.symbolSources.get(symbol);
    if (source === undefined) throw new ShapeError(`onnx: no input determines the extent "${symbol}"`);
    const { value, axis } = source;
    const all = this.node("Shape", [value], [value.shape.length]);
    return this.node("Gather", [all, this.indices([axis])], [1], { axis: 0 });
  }

  private initializer(type: TensorType | "int64", shape: readonly number[], bytes: Uint8Array): Value {
    const key = `${type}${formatShape(shape)}${keyOf(bytes)}`;
    let value = this.constants.get(key);
    if (value === undefined) {
      value = { name: this.fresh("c"), shape };
      this.initializers.push(tensorProto(value.name, type, shape, bytes));
      this.constants.set(key, value);
    }
    return value;
  }

  /** Gives the producing node's result its public name; copies only if the value has one already. */
  output(name: string, value: Value, tensor: Tensor): void {
    if (!this.produced.has(value.name) || this.renamed.has(value.name)) {
      const source = this.renamed.get(value.name) ?? value.name;
      this.nodeList.push({ type: "Identity", inputs: [source], outputs: [name], attributes: {} });
    } else {
      this.renamed.set(value.name, name);
    }
    this.results.add(value.name).add(name);
    this.outputs.push(valueInfoProto(name, tensor.dtype, tensor.shape, this.abouts[name]));
  }

  /** Nodes needed for an output: a reshape of a reshape makes the first one redundant. */
  private neededNodes(): Node[] {
    const needed = new Set(this.results);
    const kept = this.nodeList.toReversed().filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false;
      for (const name of node.inputs) needed.add(name);
      return true;
    });
    return kept.toReversed();
  }

  finish(): GraphParts {
    const final = (name: string) => this.renamed.get(name) ?? name;
    const nodes = this.neededNodes().map((node) =>
      nodeProto(node.type, node.inputs.map(final), node.outputs.map(final), node.attributes),
    );
    return { nodes, initializers: this.initializers, inputs: this.inputs, outputs: this.outputs };
  }
}

/** Small constants by content; large ones by length and a hash of all their bytes. */
function keyOf(bytes: Uint8Array): string {
  if (bytes.length <= 64) return bytes.join();
  let [a, b] = [0x811c9dc5, 0x1b873593];
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b) ^ (b >>> 15);
  }
  return `${bytes.length}:${a}:${b}`;
}
