import { type NdArray, type Shape, sizeOf } from "../base/ndarray.ts";
import { append, maxOf } from "../base/many.ts";
import type { KernelForm } from "../graph/kernel-form.ts";
import { type Tensor, type TensorType, constantValue, inputName, opOf } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";
import {
  type View,
  broadcastView,
  isContiguous,
  permuteView,
  reshapeView,
  sliceView,
  swapLastAxes,
  wholeView,
} from "../graph/view.ts";

import { isMatrix, lastTwo } from "./matrices.ts";
import { tile } from "./product-tile.ts";
import type { Node } from "./scalars.ts";
import type { Buffer, Dependencies, Pass, Step } from "./steps.ts";
import { type Stored, type Value, Values, sameReduction } from "./values.ts";

/** The results of a graph: values that are read afterwards, and new values of inputs. */
export interface Wanted {
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly updates: ReadonlyMap<string, Tensor>;
}

/** A graph as steps over memory. */
export interface Fused {
  readonly dependencies: Dependencies;
  readonly inputs: ReadonlyMap<string, Buffer>;
  readonly outputs: ReadonlyMap<string, View>;
  /** New values, each in a separate buffer. */
  readonly updates: ReadonlyMap<string, Buffer>;
}
/** Whether kernels compute a product [m, k] x [k, n], whose operands they pack; otherwise ONNX Runtime does. */
export type IsPacked = (m: number, n: number, k: number) => boolean;

/** Maximum depth of a chain of lazy values, which bounds the recursion. */
const deepest = 100;

/** Partitions a graph with static shapes into steps: pointwise ops are fused with the ops that use them, in as few passes as possible. */
export function fuse(wanted: Wanted, isPacked: IsPacked): Fused {
  return new Fuser(wanted, isPacked).run();
}

class Fuser {
  private readonly values: Values;
  private readonly order: readonly Tensor[];
  private readonly inputs = new Map<string, Buffer>();
  private readonly packings = new Map<string, Stored>();

  constructor(
    private readonly wanted: Wanted,
    private readonly isPacked: IsPacked,
  ) {
    const ends = [...wanted.outputs.values(), ...wanted.updates.values()];
    this.order = toposort(ends);
    const calmed = new Set([...wanted.updates.values(), ...factorsOf(this.order)]);
    this.values = new Values(this.order, new Set(ends), calmed);
  }

  run(): Fused {
    const updates = new Map<string, Buffer>();
    for (const [name, tensor] of this.wanted.updates) {
      const buffer = this.values.buffer(`next ${name}`, tensor);
      updates.set(name, buffer);
      if (!this.values.reserved.has(tensor)) this.values.reserved.set(tensor, wholeView(buffer, tensor.shape as Shape));
    }
    for (const node of this.order) this.values.set(node, this.valueOf(node));
    for (const [name, tensor] of this.wanted.updates) {
      this.values.storeAt(tensor, wholeView(updates.get(name)!, tensor.shape as Shape));
    }
    const outputs = new Map([...this.wanted.outputs].map(([name, tensor]) => [name, this.output(name, tensor)]));
    return { dependencies: this.values.dependencies, inputs: this.inputs, outputs, updates };
  }

  /** A view that is safe to read after the program: not of an input, which may be overwritten. */
  private output(name: string, tensor: Tensor): View {
    const value = this.values.resolve(tensor);
    if (value.kind !== "uniform") {
      const { view } = this.values.stored(tensor);
      if ((view.source as Buffer).role === "temporary" && isContiguous(view)) return view;
    }
    const target = wholeView(this.values.buffer(name, tensor), tensor.shape as Shape);
    this.values.storeInto(tensor, target);
    return target;
  }

  private valueOf(node: Tensor): Value {
    const name = inputName(node);
    const shape = node.shape as Shape;
    if (name !== null) {
      const buffer: Buffer = { name, dtype: node.dtype, size: sizeOf(shape), role: "input" };
      this.inputs.set(name, buffer);
      return { kind: "stored", view: wholeView(buffer, shape), writers: [] };
    }
    const known = constantValue(node);
    if (known !== null) return this.constant(known);
    const form = opOf(node).kernel;
    if ("view" in form) return this.viewed(node, form);
    if ("pointwise" in form) return this.pointwise(node, form);
    if ("join" in form) return this.joined(node, form);
    if ("reduction" in form) return this.reduction(node, form);
    if ("product" in form) return this.product(node, form);
    if ("scatter" in form) return this.scatter(node, form);
    if ("parts" in form) return this.inParts(node, form);
    throw new TypeError(`kernels: ${opOf(node).name} was not expanded`);
  }

  private constant(value: NdArray<TensorType>): Value {
    const { data, dtype, shape } = value;
    if (data.every((number) => Object.is(number, data[0]))) {
      const number = data[0]!;
      return { kind: "uniform", node: this.everywhere(number, dtype) };
    }
    const buffer: Buffer = { name: "constant", dtype, size: data.length, role: "constant", value };
    return { kind: "stored", view: wholeView(buffer, shape), writers: [] };
  }

  private viewed(node: Tensor, { view }: Extract<KernelForm, { view: unknown }>): Value {
    const [first] = node.inputs;
    const shape = node.shape as Shape;
    const value = this.values.resolve(first!);
    if (value.kind === "uniform") return value;
    const rest = node.inputs.slice(1).map((from) => this.values.stored(from));
    const views = rest.map((each) => each.view);
    const probe = view([wholeView({}, first!.shape as Shape), ...views], node.attrs, shape);
    const isReshape = probe !== null && isContiguous(probe) && sizeOf(shape) === sizeOf(first!.shape as Shape);
    if (isReshape && value.kind !== "stored") return { kind: "alias", of: first! };
    const source = this.values.stored(first!);
    const writers = [source, ...rest].flatMap((each) => each.writers);
    const direct = view([source.view, ...views], node.attrs, shape);
    if (direct !== null) return { kind: "stored", view: direct, writers };
    const straight = [source, ...rest].map((each, i) => this.values.copied(each, node.inputs[i]!.dtype));
    const result = view(
      straight.map((each) => each.view),
      node.attrs,
      shape,
    );
    return { kind: "stored", view: result!, writers: straight.flatMap((each) => each.writers) };
  }

  private pointwise(node: Tensor, form: Extract<KernelForm, { pointwise: unknown }>): Value {
    const values = node.inputs.map((from) => this.values.resolve(from));
    if (!values.every((value) => value.kind === "uniform")) {
      const depth = 1 + maxOf([0, ...values.map((value) => (value.kind === "lazy" ? value.depth : 0))]);
      if (depth < deepest) return { kind: "lazy", depth };
      this.values.set(node, { kind: "lazy", depth });
      this.values.compute(node, () => true);
      return this.values.resolve(node);
    }
    return {
      kind: "uniform",
      node: form.pointwise(
        this.values.k,
        values.map((value) => value.node),
        node.attrs,
      ) as Node,
    };
  }

  private joined(node: Tensor, form: Extract<KernelForm, { join: unknown }>): Value {
    const place = this.values.placeOf(node);
    const shape = node.shape as Shape;
    const { axis, starts } = form.join(
      node.inputs.map((from) => from.shape as Shape),
      node.attrs,
    );
    const writers: number[] = [];
    let end = 0;
    const fill = (until: number) => {
      if (until > end) append(writers, this.fillZeros(sliceView(place, axis, end, until), node.dtype));
    };
    node.inputs.forEach((from, i) => {
      const [start, stop] = [starts[i]!, starts[i]! + (from.shape[axis] as number)];
      fill(start);
      const target = sliceView(place, axis, start, stop);
      append(writers, this.values.storeAt(from, target));
      end = stop;
    });
    fill(shape[axis]!);
    return { kind: "stored", view: place, writers };
  }

  private everywhere(number: number, dtype: TensorType): Node {
    const { k } = this.values;
    if (dtype === "float32") return k.number(number);
    if (dtype === "int32") return k.whole(number);
    return dtype === "uint8" ? k.byte(number) : k.truth(number !== 0);
  }

  private fillZeros(target: View, dtype: TensorType): number[] {
    const value = this.everywhere(0, dtype);
    const pass = this.values.newPass(target.shape);
    pass.stores.push({ view: target, value });
    return [pass.id];
  }

  private reduction(node: Tensor, form: Extract<KernelForm, { reduction: unknown }>): Value {
    const [x] = node.inputs;
    const shape = x!.shape as Shape;
    const axes = form.axes(node.attrs).filter((axis) => shape[axis] !== 1);
    if (form.reduction === "argmax") return this.argmax(node, form.axes(node.attrs)[0]!);
    if (axes.length === 0) return { kind: "alias", of: x! };
    const kept = shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
    const out = this.values.placeOf(node);
    const reduced = { shape, axes };
    const [pass, value] = this.values.compute(
      x!,
      (known) => known.reduced === null || sameReduction(known.reduced, reduced),
    );
    pass.folds.push({ combine: form.reduction, value, view: broadcastView(reshapeView(out, kept)!, shape) });
    pass.reduced ??= reduced;
    this.values.admit(pass, shape);
    return { kind: "stored", view: out, writers: [pass.id] };
  }

  private argmax(node: Tensor, axis: number): Value {
    const x = this.values.copied(this.values.stored(node.inputs[0]!), "float32");
    const shape = x.view.shape;
    const lined = [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
    const out = this.values.ownPlace(node);
    const step = { kind: "argmax", id: this.values.dependencies.next, x: reshapeView(x.view, lined)!, out } as const;
    return this.added(node, step, x.writers);
  }

  private scatter(node: Tensor, form: Extract<KernelForm, { scatter: unknown }>): Value {
    const { axis } = form.scatter(node.attrs);
    const [g, places] = node.inputs.map((from) => this.values.copied(this.values.stored(from), from.dtype));
    const shape = node.shape as Shape;
    const lined = (count: number) => [sizeOf(shape.slice(0, axis)), count, sizeOf(shape.slice(axis + 1))];
    const count = sizeOf(places!.view.shape);
    const out = this.values.ownPlace(node);
    const step: Step = {
      kind: "scatter",
      id: this.values.dependencies.next,
      g: reshapeView(g!.view, lined(count))!,
      places: reshapeView(places!.view, [count])!,
      out: reshapeView(out, lined(shape[axis]!))!,
    };
    return this.added(node, step, [...g!.writers, ...places!.writers]);
  }

  private inParts(node: Tensor, { parts }: Extract<KernelForm, { parts: unknown }>): Value {
    const place = this.values.placeOf(node);
    const from = this.values.stored(node.inputs[0]!);
    const writers = this.values.storeParts(node, from.writers, parts.reads(from.view, node.attrs), {
      compute: (loads) => parts.compute(this.values.k, loads, node.attrs) as readonly Node[],
      targets: parts.writes(place, node.attrs),
    });
    return { kind: "stored", view: place, writers };
  }

  private product(node: Tensor, form: Extract<KernelForm, { product: unknown }>): Value {
    const [a, b] = node.inputs.map((from) => this.values.stored(from));
    const views = form.product(a!.view, b!.view, node.attrs, node.shape as Shape);
    const sides = views.map((view, i): Stored => ({ kind: "stored", view, writers: [a!, b!][i]!.writers }));
    const [m, k, n] = [...views[0].shape.slice(-2), views[1].shape.at(-1)!] as [number, number, number];
    const packed = this.isPacked(m, n, k);
    const [left, right] = packed
      ? [this.panels(sides[0]!, tile.rows), this.panels(turned(sides[1]!), tile.columns)]
      : sides.map((side) => (isMatrix(side.view) ? side : this.copiedMatrix(side)));
    const out = this.values.ownPlace(node);
    const ends = { a: left!.view, b: right!.view, out };
    const step = { kind: "product", id: this.values.dependencies.next, packed, ...ends } as const;
    return this.added(node, step, [...left!.writers, ...right!.writers]);
  }

  /** A stack of matrices [..., rows, k] in panels [stack, rows / size, k, size]. */
  private panels(stored: Stored, size: number): Stored {
    const matrices = this.stack(stored);
    const [stack, rows, k] = matrices.view.shape as [number, number, number];
    const load = this.values.k.load(matrices.view, "float32");
    const key = `${load.id} ${size}`;
    const known = this.packings.get(key);
    if (known !== undefined) return known;
    const [whole, rest, count] = [Math.floor(rows / size), rows % size, Math.ceil(rows / size)];
    const buffer: Buffer = { name: "panels", dtype: "float32", size: stack * count * k * size, role: "temporary" };
    const target = { ...wholeView(buffer, []), lookups: [] };
    // The contiguous axis of the operand goes last, since it is read four elements at a time.
    const order = matrices.view.strides[2] === 1 ? [0, 1, 2, 3] : [0, 1, 3, 2];
    const parts: [View, View][] = [];
    if (whole > 0) {
      const from = reshapeView(sliceView(matrices.view, 1, 0, whole * size), [stack, whole, size, k])!;
      const strides = [count * k * size, k * size, 1, size];
      parts.push([permuteView(from, order), permuteView({ ...target, shape: from.shape, strides }, order)]);
    }
    if (rest > 0) {
      const from = sliceView(matrices.view, 1, whole * size, rows);
      const strides = [count * k * size, 1, size];
      parts.push([from, { ...target, shape: from.shape, strides, offset: whole * k * size }]);
    }
    const writers = parts.map(([from, to]) => {
      const [pass, value] = this.values.loading({ ...stored, view: from }, "float32");
      pass.stores.push({ view: to, value });
      return pass.id;
    });
    const packed: Stored = { kind: "stored", view: wholeView(buffer, [stack, count, k, size]), writers };
    this.packings.set(key, packed);
    return packed;
  }

  /** Matrices [..., rows, k] as [stack, rows, k]; a broadcast matrix is a stack of 1. */
  private stack(stored: Stored): Stored {
    const { view } = stored;
    const isOne = view.strides.slice(0, -2).every((stride, i) => stride === 0 || view.shape[i] === 1);
    if (isOne && view.lookups.length === 0)
      return { ...stored, view: reshapeView(lastTwo(view), [1, ...view.shape.slice(-2)])! };
    const shape = [sizeOf(view.shape.slice(0, -2)), ...view.shape.slice(-2)];
    const lined = reshapeView(view, shape);
    if (lined !== null) return { ...stored, view: lined };
    const copy = this.values.copied(stored, "float32");
    return { ...copy, view: reshapeView(copy.view, shape)! };
  }

  private added(node: Tensor, step: Exclude<Step, Pass>, writers: readonly number[]): Value {
    this.values.dependencies.add(step, writers);
    const own: Stored = {
      kind: "stored",
      view: reshapeView(step.out, node.shape as Shape)!,
      writers: [step.id],
    };
    return own;
  }

  /** A contiguous copy of a stack of matrices or of its transpose, whichever is copied in longer runs. */
  private copiedMatrix(stored: Stored): Stored {
    const { view } = stored;
    const isTurned = view.strides.at(-1) !== 1 && view.strides.at(-2) === 1;
    if (!isTurned) return this.values.copied(stored, "float32");
    const copy = this.values.copied({ ...stored, view: swapLastAxes(view) }, "float32");
    return { ...copy, view: swapLastAxes(copy.view) };
  }
}

/** The operands of all products, seen through views and joins. */
function factorsOf(order: readonly Tensor[]): Set<Tensor> {
  const found = new Set<Tensor>();
  const follow = (factor: Tensor): void => {
    if (found.has(factor)) return;
    const form = opOf(factor).kernel;
    if ("view" in form) follow(factor.inputs[0]!);
    else {
      found.add(factor);
      if ("join" in form || "parts" in form) factor.inputs.forEach(follow);
    }
  };
  for (const node of order) if ("product" in opOf(node).kernel) node.inputs.forEach(follow);
  return found;
}

function turned(stored: Stored): Stored {
  return { ...stored, view: swapLastAxes(stored.view) };
}
