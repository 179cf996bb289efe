import { type Shape, sizeOf } from "../base/ndarray.ts";
import { append } from "../base/many.ts";
import type { KernelForm } from "../graph/kernel-form.ts";
import { type Attrs, type Tensor, type TensorType, opOf } from "../graph/tensor.ts";
import { type View, broadcastView, isContiguous, reshapeView, sameView, sliceView, wholeView } from "../graph/view.ts";
import { commonExtents } from "./loops.ts";
import { type Node, Nodes, neededFor } from "./scalars.ts";
import { type Buffer, Dependencies, type Pass } from "./steps.ts";

/** Where the values of a tensor come from. */
export type Value =
  /** The same value for all elements. */
  | { readonly kind: "uniform"; readonly node: Node }
  | Stored
  /** Computed in the pass that uses it. */
  | { readonly kind: "lazy"; readonly depth: number }
  /** Computed by a pass; in memory only if `stored` is set. */
  | { readonly kind: "bound"; readonly pass: number; readonly node: Node; stored: Stored | null }
  /** The values of another tensor in the same order. */
  | { readonly kind: "alias"; readonly of: Tensor };

export interface Stored {
  readonly kind: "stored";
  readonly view: View;
  /** The steps that write it. */
  readonly writers: readonly number[];
}

/**
 * Values below this magnitude are flushed to 0 where an optimizer or a product would read them repeatedly: arithmetic on subnormal
 * numbers is about a hundred times slower, and such values are too small to affect training.
 */
const negligible = 2 ** -100;

/** Values of at most this many instructions and one load are recomputed rather than stored. */
const cheap = 5;

/** The values of a graph's tensors during fusion: computed as late as possible, in the pass that uses them. */
export class Values {
  readonly k = new Nodes();
  readonly dependencies = new Dependencies();
  /** Tensors with reserved memory. */
  readonly reserved = new Map<Tensor, View>();
  private readonly values = new Map<Tensor, Value>();
  private readonly consumers = new Map<Tensor, Tensor[]>();
  private readonly copies = new Map<Node, Stored>();
  private readonly shapes = new Map<number, Map<string, Shape>>();

  /**
   * @param order All tensors in topological order.
   * @param ends Those that are read after the program.
   * @param calmed Tensors whose negligible values are flushed to 0.
   */
  constructor(
    order: readonly Tensor[],
    private readonly ends: ReadonlySet<Tensor>,
    private readonly calmed: ReadonlySet<Tensor>,
  ) {
    for (const node of order) {
      for (const from of node.inputs) {
        const list = this.consumers.get(from);
        if (list === undefined) this.consumers.set(from, [node]);
        else list.push(node);
      }
    }
  }

  set(node: Tensor, value: Value): void {
    this.values.set(node, value);
  }

  /** The memory reserved for a tensor if it is contiguous there, otherwise a new buffer. */
  ownPlace(node: Tensor): View {
    const place = this.placeOf(node);
    return isContiguous(place) ? place : wholeView(this.buffer("value", node), node.shape as Shape);
  }

  buffer(name: string, { dtype, shape }: Tensor): Buffer {
    return { name, dtype, size: sizeOf(shape as Shape), role: "temporary" };
  }

  placeOf(node: Tensor): View {
    let place = this.reserved.get(node) ?? this.hostPlace(node);
    place ??= wholeView(this.buffer("value", node), node.shape as Shape);
    this.reserved.set(node, place);
    return place;
  }

  /** Memory within the result of a join that contains the tensor, which avoids a copy. */
  private hostPlace(node: Tensor): View | null {
    if (this.ends.has(node)) return null;
    for (const consumer of this.consumers.get(node) ?? []) {
      const form = opOf(consumer).kernel;
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

  resolve(node: Tensor): Exclude<Value, { kind: "alias" }> {
    let value = this.values.get(node)!;
    while (value.kind === "alias") value = this.values.get(value.of)!;
    return value;
  }

  /** The tensor that an alias stands for. */
  origin(node: Tensor): Tensor {
    let own = node;
    for (let value = this.values.get(own)!; value.kind === "alias"; value = this.values.get(own)!) own = value.of;
    return own;
  }

  /** The values of a tensor in memory, written there if necessary. */
  stored(node: Tensor): Stored {
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

  /** A single value in memory, broadcast to a shape. */
  private storedNumber(node: Node, shape: Shape): Stored {
    const dtype = node.type as TensorType;
    const buffer: Buffer = { name: "number", dtype, size: 1, role: "temporary" };
    const pass = this.newPass([]);
    pass.stores.push({ view: wholeView(buffer, []), value: node });
    return { kind: "stored", view: broadcastView(wholeView(buffer, []), shape), writers: [pass.id] };
  }

  /** Ensures that the values of a tensor are in the given memory, which may be the memory reserved for them. */
  storeAt(node: Tensor, target: View): readonly number[] {
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

  /** Writes the values of a tensor to memory. @returns The steps that do so. */
  storeInto(node: Tensor, target: View): number[] {
    const [pass, value] = this.compute(node, () => true, target.shape);
    const isCalmed = this.calmed.has(node) || this.calmed.has(this.origin(node));
    pass.stores.push({ view: target, value: isCalmed ? this.calm(value) : value });
    this.admit(pass, target.shape);
    return [pass.id];
  }

  /** Writes parts of a tensor, each computed from loads of views of one shape, in one pass. @returns The steps that do so. */
  storeParts(
    node: Tensor,
    writers: readonly number[],
    reads: readonly View[],
    { compute, targets }: { compute: (loads: readonly Node[]) => readonly Node[]; targets: readonly View[] },
  ): number[] {
    const pass = this.newPass(reads[0]!.shape);
    this.dependencies.need(pass.id, writers);
    const results = compute(reads.map((view) => this.k.load(view, node.dtype)));
    for (const [i, view] of targets.entries()) {
      pass.stores.push({ view, value: this.calmed.has(node) ? this.calm(results[i]!) : results[i]! });
    }
    return [pass.id];
  }

  private calm(value: Node): Node {
    const { k } = this;
    if (value.kind !== "applied" || value.type !== "float32") return value;
    return k.apply("v128.andnot", "float32", value, k.greater(k.number(negligible), k.abs(value)));
  }

  /** Finds or opens a pass that holds the values of a tensor in a register. */
  compute(node: Tensor, accepts: (pass: Pass) => boolean, target?: Shape): [Pass, Node] {
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

  loading({ view, writers }: Stored, dtype: TensorType): [Pass, Node] {
    const pass = this.newPass(view.shape);
    this.dependencies.need(pass.id, writers);
    return [pass, this.k.load(view, dtype)];
  }

  /** A contiguous copy, made once and shared. */
  copied(stored: Stored, dtype: TensorType): Stored {
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

  newPass(shape: Shape): Pass {
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

  admit(pass: Pass, shape: Shape): void {
    const own = this.shapes.get(pass.id) ?? new Map<string, Shape>();
    this.shapes.set(pass.id, own.set(shape.join(), shape));
  }

  /** Whether the loops of a pass can also cover these shapes. */
  private admits(pass: Pass, shapes: readonly Shape[]): boolean {
    return commonExtents([...(this.shapes.get(pass.id)?.values() ?? []), ...shapes]) !== null;
  }

  /** The pass that holds operands of a lazy tensor, if it need not wait for the other operands; otherwise a new pass. */
  private choosePass(node: Tensor, shapes: readonly Shape[], accepts: (pass: Pass) => boolean): Pass {
    // Called twice, because storing smaller operands may bind tensors that were lazy.
    this.frontier(node);
    const { bound, writers, seen } = this.frontier(node);
    const all = [...shapes, ...seen];
    const passes = [...new Set(bound.map((id) => this.dependencies.find(id)))].sort((a, b) => b - a);
    // None of the steps that the pass would depend on may depend on the pass.
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

  /** Merges two passes of one size if neither depends on the other. */
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

  /** Sources of a lazy tensor: passes that hold its operands, steps that write them, and the shapes that are read. */
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
        else append(writers, this.stored(from).writers);
        seen.push(tensor.shape as Shape);
      }
    };
    visit(node);
    return { bound, writers, seen };
  }

  /** Number of nodes that use the values of a tensor, directly or through aliases. */
  private uses(node: Tensor): number {
    const own = this.ends.has(node) ? 1 : 0;
    return (this.consumers.get(node) ?? []).reduce(
      (count, consumer) => count + ("view" in opOf(consumer).kernel ? Math.max(1, this.uses(consumer)) : 1),
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

/** Reductions can share loops if their kept and reduced axes form the same runs. */
export function sameReduction(a: NonNullable<Pass["reduced"]>, b: NonNullable<Pass["reduced"]>): boolean {
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
