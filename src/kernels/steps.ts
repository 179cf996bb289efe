import type { NdArray } from "../base/ndarray.ts";
import { remembered } from "../base/remembered.ts";
import { append } from "../base/many.ts";
import type { TensorType } from "../graph/tensor.ts";
import type { View } from "../graph/view.ts";
import { type Kernel, type Fold, type Store, nodesOf } from "./kernel.ts";

/** Memory that a program reads or writes: the source of views. */
export interface Buffer {
  readonly name: string;
  readonly dtype: TensorType;
  /** Number of elements. */
  readonly size: number;
  /** `input`: fed, or part of the state. `constant`: known at compile time. `temporary`: written by a step. */
  readonly role: "input" | "constant" | "temporary";
  readonly value?: NdArray<TensorType>;
}

/** One unit of work. A pass is a kernel under construction, which grows while a graph is partitioned into steps. */
export type Step = Pass | Product | Argmax | Scatter;

export interface Pass {
  readonly kind: "pass";
  readonly id: number;
  readonly size: number;
  readonly stores: Store[];
  readonly folds: Fold[];
  reduced: Kernel["reduced"];
}

/**
 * out[..., m, n] = sum over k of a[..., m, k] * b[..., k, n]. Packed operands are panels, a [stack, m / 4, k, 4] and
 * b [stack, n / 8, k, 8], the last of which may be partly empty; a stack of 1 is broadcast.
 */
export interface Product {
  readonly kind: "product";
  readonly id: number;
  readonly packed: boolean;
  readonly a: View;
  readonly b: View;
  readonly out: View;
}

/** The index of the first maximum along the second axis: x [outer, extent, inner] to [outer, inner]. */
export interface Argmax {
  readonly kind: "argmax";
  readonly id: number;
  readonly x: View;
  readonly out: View;
}

/** g [outer, count, inner] added to zeros [outer, extent, inner] at the indices `places`, [count]. */
export interface Scatter {
  readonly kind: "scatter";
  readonly id: number;
  readonly g: View;
  readonly places: View;
  readonly out: View;
}

/** Whether ONNX Runtime computes a step. */
export function isForOnnx(step: Step): step is Product {
  return step.kind === "product" && !step.packed;
}

/** The views that a finished step reads. */
export const readsOf = remembered((step: Step): readonly View[] => {
  if (step.kind === "pass") {
    const loads = nodesOf(step).flatMap((node) => (node.kind === "load" ? [node.view] : []));
    return loads.flatMap((view) => [view, ...view.lookups.map(({ places }) => places)]);
  }
  const views = step.kind === "product" ? [step.a, step.b] : step.kind === "argmax" ? [step.x] : [step.g, step.places];
  return views.flatMap((view) => [view, ...view.lookups.map(({ places }) => places)]);
});

/** The views that a finished step writes. */
export const writesOf = remembered((step: Step): readonly View[] =>
  step.kind === "pass" ? [...step.stores, ...step.folds].map(({ view }) => view) : [step.out],
);

/** Dependencies between steps, updated when passes are merged. Queries are answered from bit sets. */
export class Dependencies {
  readonly steps: Step[] = [];
  private readonly parents: number[] = [];
  /** For each step, all steps on which it depends, directly or indirectly. */
  private readonly above: Bits[] = [];
  /** For each step, a subset of them that all others precede. */
  private readonly direct: Set<number>[] = [];
  /** For each step, whether any other depends on it. Most steps get their dependencies while none does, so there is nothing to propagate. */
  private readonly isNeeded: boolean[] = [];

  /** The number of the next step. */
  get next(): number {
    return this.steps.length;
  }

  add(step: Step, needs: Iterable<number>): void {
    this.steps.push(step);
    this.parents.push(step.id);
    this.above.push(new Bits());
    this.direct.push(new Set());
    this.isNeeded.push(false);
    this.need(step.id, needs);
  }

  /** The current number of a step, which changes when it is merged into another. */
  find(id: number): number {
    let root = id;
    while (this.parents[root] !== root) root = this.parents[root]!;
    return root;
  }

  /** The remaining steps that do something, none of which grows any more. */
  finished(): Step[] {
    const steps = this.steps.filter((step) => this.parents[step.id] === step.id);
    for (const step of steps) {
      if (step.kind !== "pass") continue;
      Object.freeze(step.stores);
      Object.freeze(step.folds);
    }
    return steps.filter((step) => writesOf(step).length > 0);
  }

  /** Whether step `on` depends on step `from`. */
  depends(on: number, from: number): boolean {
    return this.above[this.find(on)]!.has(this.find(from));
  }

  /** Direct predecessors of a step: every step on which it depends precedes one of these or is among them. */
  needsOf(id: number): Set<number> {
    const own = this.find(id);
    return new Set([...this.direct[own]!].map((other) => this.find(other)).filter((other) => other !== own));
  }

  need(id: number, needs: Iterable<number>): void {
    const own = this.find(id);
    const bits = this.above[own]!;
    let changed = false;
    for (const each of needs) {
      const other = this.find(each);
      if (other === own || bits.has(other)) continue;
      if (this.depends(other, own)) {
        throw new TypeError(`kernels: steps ${own} and ${other} would depend on each other`);
      }
      bits.add(other);
      bits.include(this.above[other]!);
      this.direct[own]!.add(other);
      this.isNeeded[other] = true;
      changed = true;
    }
    if (changed) this.passOn(own);
  }

  /** Merges a pass into another. Neither may depend on the other. */
  merge(into: Pass, other: Pass): void {
    const [own, gone] = [this.find(into.id), this.find(other.id)];
    this.parents[gone] = own;
    this.above[own]!.include(this.above[gone]!);
    for (const other of this.direct[gone]!) this.direct[own]!.add(other);
    if (this.isNeeded[gone]!) {
      for (const bits of this.above) if (bits.has(gone)) bits.add(own);
      this.isNeeded[own] = true;
    }
    this.passOn(own);
    append(into.stores, other.stores);
    append(into.folds, other.folds);
    into.reduced ??= other.reduced;
  }

  private passOn(own: number): void {
    if (!this.isNeeded[own]!) return;
    const bits = this.above[own]!;
    for (const other of this.above) if (other !== bits && other.has(own)) other.include(bits);
  }
}

const noWords = new Uint32Array(0);

/** A set of small numbers. */
class Bits {
  private words = noWords;

  has(number: number): boolean {
    return ((this.words[number >> 5] ?? 0) & (1 << (number & 31))) !== 0;
  }

  add(number: number): void {
    this.reserve((number >> 5) + 1);
    this.words[number >> 5]! |= 1 << (number & 31);
  }

  include({ words }: Bits): void {
    this.reserve(words.length);
    for (let i = 0; i < words.length; i++) this.words[i]! |= words[i]!;
  }

  private reserve(length: number): void {
    if (length <= this.words.length) return;
    const larger = new Uint32Array(length + 8);
    larger.set(this.words);
    this.words = larger;
  }
}
