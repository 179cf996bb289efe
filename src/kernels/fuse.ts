import { type NdArray, type Shape, sizeOf } from "../base/ndarray.ts";
import type { KernelForm } from "../graph/kernel-form.ts";
import { type Attrs, type Tensor, type TensorType, constantValue, inputName, opOf } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";
import {
  type View,
  broadcastView,
  isContiguous,
  permuteView,
  reshapeView,
  sliceView,
  wholeView,
} from "../graph/view.ts";
import { tile } from "./emit-product.ts";
import { commonExtents } from "./loops.ts";
import { type Node, Nodes, neededFor } from "./scalars.ts";
import { type Buffer, Dependencies, type Pass, type Step } from "./steps.ts";

/** What a graph is to end in: values that are read after it, and new values of inputs. */
export interface Wanted {
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly updates: ReadonlyMap<string, Tensor>;
}

/** A graph as steps over memory. */
export interface Fused {
  readonly dependencies: Dependencies;
  readonly inputs: ReadonlyMap<string, Buffer>;
  readonly outputs: ReadonlyMap<string, View>;
  /** New values, each in a buffer of its own. */
  readonly updates: ReadonlyMap<string, Buffer>;
}

/** Where the numbers of a tensor are to be had. */
type Value =
  /** The same number everywhere. */
  | { readonly kind: "uniform"; readonly node: Node }
  | Stored
  /** Computed where it is needed. */
  | { readonly kind: "lazy"; readonly depth: number }
  /** Computed by a pass, and in memory only if `stored` says where. */
  | { readonly kind: "bound"; readonly pass: number; readonly node: Node; stored: Stored | null }
  /** The numbers of another tensor in the same order. */
  | { readonly kind: "alias"; readonly of: Tensor };

interface Stored {
  readonly kind: "stored";
  readonly view: View;
  /** The steps that write it. */
  readonly writers: readonly number[];
}

/** Whether kernels make a product of m rows, n columns and k steps, whose operands they pack; else ONNX Runtime does. */
export type IsPacked = (m: number, n: number, k: number) => boolean;

/** Values of so few instructions and of one load are computed again rather than written and read. */
const cheap = 5;

/** Values that wait for the pass that needs them, one made of the other: a bound for recursion. */
const deepest = 50;

/** Cuts a graph of static shapes into steps: pointwise ops together with what they feed, in as few passes as possible. */
export function fuse(wanted: Wanted, isPacked: IsPacked): Fused {
  return new Fuser(wanted, isPacked).run();
}

class Fuser {
  private readonly k = new Nodes();
  private readonly values = new Map<Tensor, Value>();
  private readonly order: readonly Tensor[];
  private readonly dependencies = new Dependencies();
  private readonly inputs = new Map<string, Buffer>();
  private readonly consumers = new Map<Tensor, Tensor[]>();
  /** Tensors whose numbers are to lie in a certain place. */
  private readonly reserved = new Map<Tensor, View>();
  private readonly ends: ReadonlySet<Tensor>;
  private readonly copies = new Map<Node, Stored>();
  private readonly packings = new Map<string, Stored>();
  private readonly shapes = new Map<number, Map<string, Shape>>();

  constructor(
    private readonly wanted: Wanted,
    private readonly isPacked: IsPacked,
  ) {
    const ends = [...wanted.outputs.values(), ...wanted.updates.values()];
    this.ends = new Set(ends);
    this.order = toposort(ends);
    for (const node of this.order) {
      for (const from of node.inputs) {
        const list = this.consumers.get(from);
        if (list === undefined) this.consumers.set(from, [node]);
        else list.push(node);
      }
    }
  }

  run(): Fused {
    const updates = new Map<string, Buffer>();
    for (const [name, tensor] of this.wanted.updates) {
      const buffer = this.buffer(`next ${name}`, tensor);
      updates.set(name, buffer);
      if (!this.reserved.has(tensor)) this.reserved.set(tensor, wholeView(buffer, tensor.shape as Shape));
    }
    for (const node of this.order) this.values.set(node, this.valueOf(node));
    for (const [name, tensor] of this.wanted.updates) {
      this.storeAt(tensor, wholeView(updates.get(name)!, tensor.shape as Shape));
    }
    const outputs = new Map([...this.wanted.outputs].map(([name, tensor]) => [name, this.output(name, tensor)]));
    return { dependencies: this.dependencies, inputs: this.inputs, outputs, updates };
  }

  /** A view that is safe to read after the program: not of an input, whose numbers may be replaced. */
  private output(name: string, tensor: Tensor): View {
    const value = this.resolve(tensor);
    if (value.kind !== "uniform") {
      const { view } = this.stored(tensor);
      if ((view.source as Buffer).role === "temporary" && isContiguous(view)) return view;
    }
    const target = wholeView(this.buffer(name, tensor), tensor.shape as Shape);
    this.storeInto(tensor, target);
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
    const form = opOf(node).kernel!;
    if ("view" in form) return this.viewed(node, form);
    if ("pointwise" in form) return this.pointwise(node, form);
    if ("join" in form) return this.joined(node, form);
    if ("reduction" in form) return this.reduction(node, form);
    if ("product" in form) return this.product(node, form);
    if ("scatter" in form) return this.scatter(node, form);
    throw new TypeError(`kernels: ${opOf(node).name} was not expanded`);
  }

  private constant(value: NdArray<TensorType>): Value {
    const { data, dtype, shape } = value;
    if (data.every((number) => Object.is(number, data[0]))) {
      const number = data[0]!;
      const { k } = this;
      const node = dtype === "float32" ? k.number(number) : dtype === "int32" ? k.whole(number) : k.truth(number !== 0);
      return { kind: "uniform", node };
    }
    const buffer: Buffer = { name: "constant", dtype, size: data.length, role: "constant", value };
    return { kind: "stored", view: wholeView(buffer, shape), writers: [] };
  }

  private viewed(node: Tensor, { view }: Extract<KernelForm, { view: unknown }>): Value {
    const [first] = node.inputs;
    const shape = node.shape as Shape;
    const value = this.resolve(first!);
    if (value.kind === "uniform") return value;
    const rest = node.inputs.slice(1).map((from) => this.stored(from));
    const views = rest.map((each) => each.view);
    const probe = view([wholeView({}, first!.shape as Shape), ...views], node.attrs, shape);
    const isReshape = probe !== null && isContiguous(probe) && sizeOf(shape) === sizeOf(first!.shape as Shape);
    if (isReshape && value.kind !== "stored") return { kind: "alias", of: first! };
    const source = this.stored(first!);
    const writers = [source, ...rest].flatMap((each) => each.writers);
    const direct = view([source.view, ...views], node.attrs, shape);
    if (direct !== null) return { kind: "stored", view: direct, writers };
    const straight = [source, ...rest].map((each, i) => this.copied(each, node.inputs[i]!.dtype));
    const result = view(
      straight.map((each) => each.view),
      node.attrs,
      shape,
    );
    return { kind: "stored", view: result!, writers: straight.flatMap((each) => each.writers) };
  }

  private pointwise(node: Tensor, form: Extract<KernelForm, { pointwise: unknown }>): Value {
    const values = node.inputs.map((from) => this.resolve(from));
    if (!values.every((value) => value.kind === "uniform")) {
      const depth = 1 + Math.max(0, ...values.map((value) => (value.kind === "lazy" ? value.depth : 0)));
      if (depth < deepest) return { kind: "lazy", depth };
      this.values.set(node, { kind: "lazy", depth });
      this.compute(node, () => true);
      return this.values.get(node)!;
    }
    return {
      kind: "uniform",
      node: form.pointwise(
        this.k,
        values.map((value) => value.node),
        node.attrs,
      ) as Node,
    };
  }

  private joined(node: Tensor, form: Extract<KernelForm, { join: unknown }>): Value {
    const place = this.placeOf(node);
    const shape = node.shape as Shape;
    const { axis, starts } = form.join(
      node.inputs.map((from) => from.shape as Shape),
      node.attrs,
    );
    const writers: number[] = [];
    let end = 0;
    const fill = (until: number) => {
      if (until > end) writers.push(...this.fillZeros(sliceView(place, axis, end, until), node.dtype));
    };
    node.inputs.forEach((from, i) => {
      const [start, stop] = [starts[i]!, starts[i]! + (from.shape[axis] as number)];
      fill(start);
      const target = sliceView(place, axis, start, stop);
      writers.push(...this.storeAt(from, target));
      end = stop;
    });
    fill(shape[axis]!);
    return { kind: "stored", view: place, writers };
  }

  private fillZeros(target: View, dtype: TensorType): number[] {
    const value = dtype === "float32" ? this.k.number(0) : dtype === "int32" ? this.k.whole(0) : this.k.truth(false);
    const pass = this.newPass(target.shape);
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
    const out = this.placeOf(node);
    const reduced = { shape, axes };
    const [pass, value] = this.compute(x!, (known) => known.reduced === null || sameReduction(known.reduced, reduced));
    pass.folds.push({ combine: form.reduction, value, view: broadcastView(reshapeView(out, kept)!, shape) });
    pass.reduced ??= reduced;
    this.admit(pass, shape);
    return { kind: "stored", view: out, writers: [pass.id] };
  }

  private argmax(node: Tensor, axis: number): Value {
    const x = this.copied(this.stored(node.inputs[0]!), "float32");
    const shape = x.view.shape;
    const lined = [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
    const out = this.ownPlace(node);
    const step = { kind: "argmax", id: this.dependencies.next, x: reshapeView(x.view, lined)!, out } as const;
    return this.added(node, step, x.writers);
  }

  private scatter(node: Tensor, form: Extract<KernelForm, { scatter: unknown }>): Value {
    const { axis } = form.scatter(node.attrs);
    const [g, places] = node.inputs.map((from) => this.copied(this.stored(from), from.dtype));
    const shape = node.shape as Shape;
    const lined = (count: number) => [sizeOf(shape.slice(0, axis)), count, sizeOf(shape.slice(axis + 1))];
    const count = sizeOf(places!.view.shape);
    const out = this.ownPlace(node);
    const step: Step = {
      kind: "scatter",
      id: this.dependencies.next,
      g: reshapeView(g!.view, lined(count))!,
      places: reshapeView(places!.view, [count])!,
      out: reshapeView(out, lined(shape[axis]!))!,
    };
    return this.added(node, step, [...g!.writers, ...places!.writers]);
  }

  private product(node: Tensor, form: Extract<KernelForm, { product: unknown }>): Value {
    const [a, b] = node.inputs.map((from) => this.stored(from));
    const views = form.product(a!.view, b!.view, node.attrs, node.shape as Shape);
    const sides = views.map((view, i): Stored => ({ kind: "stored", view, writers: [a!, b!][i]!.writers }));
    const [m, k, n] = [...views[0].shape.slice(-2), views[1].shape.at(-1)!] as [number, number, number];
    const packed = this.isPacked(m, n, k);
    const [left, right] = packed
      ? [this.panels(sides[0]!, tile.rows), this.panels(turned(sides[1]!), tile.columns)]
      : sides.map((side) => (isMatrix(side.view) ? side : this.copiedMatrix(side)));
    const out = this.ownPlace(node);
    const ends = { a: left!.view, b: right!.view, out };
    const step = { kind: "product", id: this.dependencies.next, packed, ...ends } as const;
    return this.added(node, step, [...left!.writers, ...right!.writers]);
  }

  /** A stack of matrices [..., rows, k] in panels [stack, rows / size, k, size]. */
  private panels(stored: Stored, size: number): Stored {
    const matrices = this.stack(stored);
    const [stack, rows, k] = matrices.view.shape as [number, number, number];
    const load = this.k.load(matrices.view, "float32");
    const key = `${load.id} ${size}`;
    const known = this.packings.get(key);
    if (known !== undefined) return known;
    const [whole, rest, count] = [Math.floor(rows / size), rows % size, Math.ceil(rows / size)];
    const buffer: Buffer = { name: "panels", dtype: "float32", size: stack * count * k * size, role: "temporary" };
    const target = { ...wholeView(buffer, []), lookups: [] };
    // The axis along which the operand lies in one piece goes last: it is read by fours.
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
      const [pass, value] = this.loading({ ...stored, view: from }, "float32");
      pass.stores.push({ view: to, value });
      return pass.id;
    });
    const packed: Stored = { kind: "stored", view: wholeView(buffer, [stack, count, k, size]), writers };
    this.packings.set(key, packed);
    return packed;
  }

  /** Matrices [..., rows, k] as [stack, rows, k]; one that is repeated is a stack of 1. */
  private stack(stored: Stored): Stored {
    const { view } = stored;
    const isOne = view.strides.slice(0, -2).every((stride, i) => stride === 0 || view.shape[i] === 1);
    if (isOne && view.lookups.length === 0)
      return { ...stored, view: reshapeView(lastTwo(view), [1, ...view.shape.slice(-2)])! };
    const shape = [sizeOf(view.shape.slice(0, -2)), ...view.shape.slice(-2)];
    const lined = reshapeView(view, shape);
    if (lined !== null) return { ...stored, view: lined };
    const copy = this.copied(stored, "float32");
    return { ...copy, view: reshapeView(copy.view, shape)! };
  }

  private added(node: Tensor, step: Exclude<Step, Pass>, writers: readonly number[]): Value {
    this.dependencies.add(step, writers);
    const own: Stored = {
      kind: "stored",
      view: reshapeView(step.out, node.shape as Shape)!,
      writers: [step.id],
    };
    return own;
  }

  /** The place reserved for a tensor if its numbers lie in one piece there, else a buffer of its own. */
  private ownPlace(node: Tensor): View {
    const place = this.placeOf(node);
    return isContiguous(place) ? place : wholeView(this.buffer("value", node), node.shape as Shape);
  }

  private buffer(name: string, { dtype, shape }: Tensor): Buffer {
    return { name, dtype, size: sizeOf(shape as Shape), role: "temporary" };
  }

  private placeOf(node: Tensor): View {
    let place = this.reserved.get(node) ?? this.hostPlace(node);
    place ??= wholeView(this.buffer("value", node), node.shape as Shape);
    this.reserved.set(node, place);
    return place;
  }

  /** Within the result of a join that takes the tensor in, so that it need not be copied there. */
  private hostPlace(node: Tensor): View | null {
    if (this.ends.has(node)) return null;
    for (const consumer of this.consumers.get(node) ?? []) {
      const form = opOf(consumer).kernel!;
      const at = consumer.inputs.indexOf(node);
      if ("join" in form) {
        const { axis, starts } = form.join(
          consumer.inputs.map((from) => from.shape as Shape),
          consumer.attrs,
        );
        return sliceView(this.placeOf(consumer), axis, starts[at]!, starts[at]! + (node.shape[axis] as number));
      }
      if (!("view" in form) || consumer.inputs.length !== 1 || this.ends.has(consumer)) continue;
      const probe = form.view([wholeView({}, node.shape as Shape)], consumer.attrs, consumer.shape as Shape);
      const isReshape = probe !== null && isContiguous(probe) && sizeOf(probe.shape) === sizeOf(node.shape as Shape);
      const host = isReshape ? (this.reserved.get(consumer) ?? this.hostPlace(consumer)) : null;
      const place = host && reshapeView(host, node.shape as Shape);
      if (place !== null) return place;
    }
    return null;
  }

  private resolve(node: Tensor): Exclude<Value, { kind: "alias" }> {
    let value = this.values.get(node)!;
    while (value.kind === "alias") value = this.values.get(value.of)!;
    return value;
  }

  /** The tensor that an alias stands for. */
  private origin(node: Tensor): Tensor {
    let own = node;
    for (let value = this.values.get(own)!; value.kind === "alias"; value = this.values.get(own)!) own = value.of;
    return own;
  }

  /** The numbers of a tensor in memory, written there if need be. */
  private stored(node: Tensor): Stored {
    const own = this.origin(node);
    const stored = this.storedOrigin(own);
    if (own === node) return stored;
    const view = reshapeView(stored.view, node.shape as Shape);
    if (view !== null) return { ...stored, view };
    const copy = this.copied(stored, node.dtype);
    return { ...copy, view: reshapeView(copy.view, node.shape as Shape)! };
  }

  private storedOrigin(node: Tensor): Stored {
    const value = this.values.get(node)!;
    const shape = node.shape as Shape;
    if (value.kind === "stored") return value;
    if (value.kind === "uniform") return this.storedNumber(value.node, shape);
    if (value.kind === "bound" && value.stored !== null) return value.stored;
    const place = this.placeOf(node);
    const writers = this.storeInto(node, place);
    const stored: Stored = { kind: "stored", view: place, writers };
    const bound = this.values.get(node)!;
    if (bound.kind === "bound") bound.stored = stored;
    return stored;
  }

  /** One number in memory, seen under a shape. */
  private storedNumber(node: Node, shape: Shape): Stored {
    const dtype = node.type as TensorType;
    const buffer: Buffer = { name: "number", dtype, size: 1, role: "temporary" };
    const pass = this.newPass([]);
    pass.stores.push({ view: wholeView(buffer, []), value: node });
    return { kind: "stored", view: broadcastView(wholeView(buffer, []), shape), writers: [pass.id] };
  }

  /** Sees to it that the numbers of a tensor are in a place, which may be the one that was reserved for them. */
  private storeAt(node: Tensor, target: View): readonly number[] {
    const own = this.origin(node);
    const value = this.values.get(own)!;
    const inMemory = value.kind === "stored" || (value.kind === "bound" && value.stored !== null);
    const planned = inMemory || value.kind === "uniform" ? null : reshapeView(this.placeOf(own), node.shape as Shape);
    if (inMemory || (planned !== null && sameView(planned, target))) {
      const { view, writers } = this.stored(node);
      if (sameView(view, target)) return writers;
    }
    return this.storeInto(node, target);
  }

  /** Writes the numbers of a tensor to a place. @returns The steps that do. */
  private storeInto(node: Tensor, target: View): number[] {
    const [pass, value] = this.compute(node, () => true, target.shape);
    pass.stores.push({ view: target, value });
    this.admit(pass, target.shape);
    return [pass.id];
  }

  /** Finds or opens a pass that has the numbers of a tensor in a register. */
  private compute(node: Tensor, accepts: (pass: Pass) => boolean, target?: Shape): [Pass, Node] {
    const own = this.origin(node);
    const value = this.values.get(own)!;
    const shapes = [node.shape as Shape, ...(target === undefined ? [] : [target])];
    if (value.kind === "bound") {
      const pass = this.pass(value.pass);
      if (accepts(pass) && this.admits(pass, shapes)) return [pass, value.node];
      const stored = this.stored(node);
      return this.loading(stored, node.dtype);
    }
    if (value.kind === "stored") return this.loading(this.stored(node), node.dtype);
    if (value.kind === "uniform") return [this.newPass(node.shape as Shape), value.node];
    const pass = this.choosePass(own, shapes, accepts);
    const result = this.nodeIn(own, pass);
    this.values.set(own, { kind: "bound", pass: pass.id, node: result, stored: null });
    return [pass, result];
  }

  private loading({ view, writers }: Stored, dtype: TensorType): [Pass, Node] {
    const pass = this.newPass(view.shape);
    this.dependencies.need(pass.id, writers);
    return [pass, this.k.load(view, dtype)];
  }

  /** A contiguous copy, made once for all who ask for it. */
  private copied(stored: Stored, dtype: TensorType): Stored {
    if (isContiguous(stored.view)) return stored;
    const known = this.copies.get(this.k.load(stored.view, dtype));
    if (known !== undefined) return known;
    const [pass, value] = this.loading(stored, dtype);
    const buffer: Buffer = { name: "copy", dtype, size: sizeOf(stored.view.shape), role: "temporary" };
    const view = wholeView(buffer, stored.view.shape);
    pass.stores.push({ view, value });
    const copy: Stored = { kind: "stored", view, writers: [pass.id] };
    this.copies.set(value, copy);
    return copy;
  }

  /** A stack of matrices in one piece, or its transpose, whichever is copied in longer pieces. */
  private copiedMatrix(stored: Stored): Stored {
    const { view } = stored;
    const isTurned = view.strides.at(-1) !== 1 && view.strides.at(-2) === 1;
    if (!isTurned) return this.copied(stored, "float32");
    const copy = this.copied({ ...stored, view: swapLast(view) }, "float32");
    return { ...copy, view: swapLast(copy.view) };
  }

  private newPass(shape: Shape): Pass {
    const pass: Pass = {
      kind: "pass",
      id: this.dependencies.next,
      size: sizeOf(shape),
      stores: [],
      folds: [],
      reduced: null,
    };
    this.dependencies.add(pass, []);
    this.admit(pass, shape);
    return pass;
  }

  private pass(id: number): Pass {
    return this.dependencies.steps[this.dependencies.find(id)] as Pass;
  }

  private admit(pass: Pass, shape: Shape): void {
    const own = this.shapes.get(pass.id) ?? new Map<string, Shape>();
    this.shapes.set(pass.id, own.set(shape.join(), shape));
  }

  /** Whether the loops of a pass can go through these shapes as well. */
  private admits(pass: Pass, shapes: readonly Shape[]): boolean {
    return commonExtents([...(this.shapes.get(pass.id)?.values() ?? []), ...shapes]) !== null;
  }

  /** The pass that has computed what a lazy tensor is made of and need not wait for the rest of it; else a new one. */
  private choosePass(node: Tensor, shapes: readonly Shape[], accepts: (pass: Pass) => boolean): Pass {
    // Twice: writing what is smaller may bind what was lazy.
    this.frontier(node);
    const { bound, writers, seen } = this.frontier(node);
    const all = [...shapes, ...seen];
    const passes = [...new Set(bound.map((id) => this.dependencies.find(id)))].sort((a, b) => b - a);
    // All that the pass would have to wait for must not wait for the pass.
    const { dependencies } = this;
    const isFree = (id: number) =>
      writers.every((writer) => dependencies.find(writer) !== id && !dependencies.depends(writer, id)) &&
      passes.every((other) => dependencies.find(other) === id || !dependencies.depends(other, id));
    const chosen = passes.find((id) => accepts(this.pass(id)) && this.admits(this.pass(id), all) && isFree(id));
    if (chosen === undefined) return this.newPass(node.shape as Shape);
    const pass = this.pass(chosen);
    for (const shape of all) this.admit(pass, shape);
    for (const other of passes) if (isFree(other)) this.tryMerge(pass, other, accepts);
    return pass;
  }

  /** Two passes of one size become one where neither waits for the other. */
  private tryMerge(into: Pass, id: number, accepts: (pass: Pass) => boolean): void {
    const other = this.pass(id);
    if (other.id === into.id || this.dependencies.depends(into.id, id) || this.dependencies.depends(id, into.id))
      return;
    const shapes = [...(this.shapes.get(other.id)?.values() ?? [])];
    const compatible = into.reduced === null || other.reduced === null || sameReduction(into.reduced, other.reduced);
    if (!compatible || !accepts(other) || !this.admits(into, shapes)) return;
    this.dependencies.merge(into, other);
    for (const shape of shapes) this.admit(into, shape);
  }

  /** What a lazy tensor is computed from: passes that hold it, steps that write it, and the shapes of what is read. */
  private frontier(node: Tensor): { bound: number[]; writers: number[]; seen: Shape[] } {
    const [bound, writers, seen]: [number[], number[], Shape[]] = [[], [], []];
    const done = new Set<Tensor>();
    const visit = (tensor: Tensor): void => {
      if (done.has(tensor)) return;
      done.add(tensor);
      for (const from of tensor.inputs) {
        const own = this.origin(from);
        const value = this.values.get(own)!;
        if (value.kind === "uniform") continue;
        const whole = sizeOf(from.shape as Shape) === sizeOf(tensor.shape as Shape);
        if (whole && value.kind === "lazy") visit(own);
        else if (whole && value.kind === "bound") bound.push(value.pass);
        else writers.push(...this.stored(from).writers);
        seen.push(tensor.shape as Shape);
      }
    };
    visit(node);
    return { bound, writers, seen };
  }

  /** How many nodes want the numbers of a tensor, through others that may turn out to have the same. */
  private uses(node: Tensor): number {
    const own = this.ends.has(node) ? 1 : 0;
    return (this.consumers.get(node) ?? []).reduce(
      (count, consumer) => count + ("view" in opOf(consumer).kernel! ? Math.max(1, this.uses(consumer)) : 1),
      own,
    );
  }

  /** The node of a lazy tensor within a pass. */
  private nodeIn(node: Tensor, pass: Pass): Node {
    const form = opOf(node).kernel as Extract<KernelForm, { pointwise: unknown }>;
    const operands = node.inputs.map((from) => this.operandIn(from, node.shape as Shape, pass));
    return form.pointwise(this.k, operands, node.attrs as Attrs) as Node;
  }

  private operandIn(from: Tensor, shape: Shape, pass: Pass): Node {
    const own = this.origin(from);
    const value = this.values.get(own)!;
    if (value.kind === "uniform") return value.node;
    const whole = sizeOf(from.shape as Shape) === sizeOf(shape);
    if (whole && value.kind === "bound" && this.dependencies.find(value.pass) === pass.id) return value.node;
    if (whole && value.kind === "lazy") {
      const node = this.nodeIn(own, pass);
      if (this.uses(own) > 1 && !isCheap(node))
        this.values.set(own, { kind: "bound", pass: pass.id, node, stored: null });
      return node;
    }
    const stored = this.stored(from);
    this.dependencies.need(pass.id, stored.writers);
    this.admit(pass, shape);
    return this.k.load(broadcastView(stored.view, shape), from.dtype);
  }
}

function isCheap(node: Node): boolean {
  const needed = neededFor([node]);
  const loads = needed.filter(({ kind }) => kind === "load").length;
  return loads <= 1 && needed.filter(({ kind }) => kind === "applied").length <= cheap;
}

function sameView(a: View, b: View): boolean {
  return (
    a.source === b.source &&
    a.offset === b.offset &&
    a.lookups.length === 0 &&
    b.lookups.length === 0 &&
    sizeOf(a.shape) === sizeOf(b.shape) &&
    (reshapeView(a, b.shape)?.strides.every((stride, i) => stride === b.strides[i] || b.shape[i] === 1) ?? false)
  );
}

/** Reductions go through the same loops if kept and reduced axes lie in the same runs. */
function sameReduction(a: NonNullable<Pass["reduced"]>, b: NonNullable<Pass["reduced"]>): boolean {
  return runsOf(a) === runsOf(b);
}

function runsOf({ shape, axes }: NonNullable<Pass["reduced"]>): string {
  const runs: { reduced: boolean; size: number }[] = [];
  shape.forEach((extent, axis) => {
    if (extent === 1) return;
    const reduced = axes.includes(axis);
    const last = runs.at(-1);
    if (last?.reduced === reduced) last.size *= extent;
    else runs.push({ reduced, size: extent });
  });
  return runs.map(({ reduced, size }) => `${reduced ? "r" : "k"}${size}`).join(" ");
}

function turned(stored: Stored): Stored {
  return { ...stored, view: swapLast(stored.view) };
}

function swapLast(view: View): View {
  const axes = view.shape.map((_, i) => i);
  return permuteView(view, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/** Whether rows or columns of a stack of matrices lie in one piece, which may stand for all of the stack. */
export function isMatrix(view: View): boolean {
  const repeated = view.strides.slice(0, -2).every((stride, i) => stride === 0 || view.shape[i] === 1);
  const sides = repeated ? [lastTwo(view)] : [view];
  return sides.some((side) => isContiguous(side) || isContiguous(swapLast(side)));
}

/** The one matrix of which a stack consists. */
export function lastTwo(view: View): View {
  return { ...view, shape: view.shape.slice(-2), strides: view.strides.slice(-2) };
}
