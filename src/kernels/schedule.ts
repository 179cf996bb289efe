import { sizeOf } from "../base/ndarray.ts";
import type { View } from "../graph/view.ts";
import type { Fused } from "./fuse.ts";
import { type Buffer, type Dependencies, type Product, type Step, readsOf, writesOf } from "./steps.ts";

/** Consecutive steps of one kind: kernels, or products that ONNX Runtime computes in one call. */
export type Segment =
  | { readonly kind: "kernels"; readonly steps: readonly Step[] }
  | { readonly kind: "onnx"; readonly products: readonly Product[] };

export interface Schedule {
  readonly segments: readonly Segment[];
  /** New values written in place, over the old values of the input. */
  readonly inPlace: ReadonlyMap<Buffer, Buffer>;
  /** New values copied over the old ones at the end, because a later step still reads the old ones. */
  readonly copied: ReadonlyMap<Buffer, Buffer>;
}

/** Orders steps so that each follows those that write what it reads. */
export function schedule({ dependencies, inputs, updates }: Fused): Schedule {
  const steps = dependencies.current();
  const [reads, writes] = [readsOf, writesOf].map((viewsOf) => bySource(steps, viewsOf)) as [Touching, Touching];
  const [inPlace, copied] = [new Map<Buffer, Buffer>(), new Map<Buffer, Buffer>()];
  for (const [name, next] of updates) {
    const old: Buffer = inputs.get(name) ?? { ...next, name, role: "input" };
    const [readers, writers] = [reads.get(old) ?? [], writes.get(next) ?? []];
    (overwrites(dependencies, readers, writers, old, next) ? inPlace : copied).set(next, old);
  }
  return { segments: segmentsOf(dependencies, steps), inPlace, copied };
}

type Touching = ReadonlyMap<object, readonly Step[]>;

/** Which steps have views of each source. */
function bySource(steps: readonly Step[], viewsOf: (step: Step) => View[]): Touching {
  const found = new Map<object, Step[]>();
  for (const step of steps) {
    for (const source of new Set(viewsOf(step).map((view) => view.source))) {
      const list = found.get(source);
      if (list === undefined) found.set(source, [step]);
      else list.push(step);
    }
  }
  return found;
}

/**
 * Proves that new values may be written in place: every step that reads the old ones runs before, or is the pass that writes
 * the new ones and reads each element just before it is overwritten. Adds the dependencies that keep this order.
 */
function overwrites(
  dependencies: Dependencies,
  readers: readonly Step[],
  writers: readonly Step[],
  old: Buffer,
  next: Buffer,
): boolean {
  for (const reader of readers) {
    for (const writer of writers) {
      if (reader !== writer && dependencies.depends(reader.id, writer.id)) return false;
      if (reader === writer && !isElementwise(reader, old, next)) return false;
    }
  }
  // A dependency that would close a cycle is not added: with several writers, one edge can rule out the next.
  const added = readers.flatMap((reader) =>
    writers.filter((writer) => writer !== reader).map((writer) => [writer, reader]),
  );
  if (writers.length > 1 && readers.some((reader) => writers.includes(reader))) {
    return added.every(([writer, reader]) => dependencies.depends(writer!.id, reader!.id));
  }
  for (const [writer, reader] of added) dependencies.need(writer!.id, [reader!.id]);
  return true;
}

function isElementwise(step: Step, old: Buffer, next: Buffer): boolean {
  if (step.kind !== "pass" || step.folds.some(({ view }) => view.source === next)) return false;
  const reads = readsOf(step).filter(({ source }) => source === old);
  const writes = step.stores.filter(({ view }) => view.source === next).map(({ view }) => view);
  const first = writes[0]!;
  return [...reads, ...writes].every((view) => sameElements(view, first));
}

function sameElements(a: View, b: View): boolean {
  const moving = ({ shape, strides }: View) =>
    shape.flatMap((extent, axis) => (extent === 1 ? [] : [`${extent}*${strides[axis]}`])).join();
  return a.offset === b.offset && a.lookups.length === 0 && b.lookups.length === 0 && moving(a) === moving(b);
}

/**
 * Multiply-adds from which a product is called alone and does not wait for others: the call is then about 2 % of its time.
 * Otherwise the gathered columns of all convolutions that are ready would be in memory at the same time.
 */
const worthOwnCall = 1e8;

/** Runs kernels while any is ready, then all products that are ready, and so on; large products in the order of the graph. */
function segmentsOf(dependencies: Dependencies, steps: readonly Step[]): Segment[] {
  const waiting = new Map<Step, number>();
  const users = new Map<Step, Step[]>(steps.map((step) => [step, []]));
  for (const step of steps) {
    const needed = [...dependencies.needsOf(step.id)]
      .map((id) => dependencies.steps[id]!)
      .filter((other) => users.has(other));
    waiting.set(step, needed.length);
    for (const other of needed) users.get(other)!.push(step);
  }
  const [kernels, products]: [Step[], Product[]] = [[], []];
  const ready = (step: Step) => {
    if (step.kind === "product" && !step.packed) products.push(step);
    else kernels.push(step);
  };
  const finish = (step: Step) => {
    for (const user of users.get(step)!) {
      const left = waiting.get(user)! - 1;
      waiting.set(user, left);
      if (left === 0) ready(user);
    }
  };
  for (const [step, count] of waiting) if (count === 0) ready(step);
  const segments: Segment[] = [];
  while (kernels.length > 0 || products.length > 0) {
    const run: Step[] = [];
    let large = oldest(products.filter(isLarge));
    while (kernels.length > 0) {
      const next = oldest(kernels)!;
      if (large !== null && large.id < next.id) break;
      kernels.splice(kernels.indexOf(next), 1);
      run.push(next);
      finish(next);
      large = oldest(products.filter(isLarge));
    }
    if (run.length > 0) segments.push({ kind: "kernels", steps: run });
    const together = large === null ? products.splice(0) : products.splice(products.indexOf(large), 1);
    if (together.length > 0) segments.push({ kind: "onnx", products: together });
    for (const product of together) finish(product);
  }
  return segments;
}

/** The first in order of creation, which is close to the order of the graph. */
function oldest<S extends Step>(steps: readonly S[]): S | null {
  return steps.length === 0 ? null : steps.reduce((first, step) => (step.id < first.id ? step : first));
}

function isLarge({ a, out }: Product): boolean {
  return sizeOf(out.shape) * a.shape.at(-1)! >= worthOwnCall;
}
