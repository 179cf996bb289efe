import type { View } from "../graph/view.ts";
import type { Fused } from "./fuse.ts";
import { stepsInOrder } from "./order.ts";
import { type Buffer, type Dependencies, type Product, type Step, isForOnnx, readsOf, writesOf } from "./steps.ts";

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
export function schedule({ dependencies, inputs, outputs, updates }: Fused): Schedule {
  const steps = dependencies.finished();
  const [reads, writes] = [readsOf, writesOf].map((viewsOf) => bySource(steps, viewsOf)) as [Touching, Touching];
  const [inPlace, copied] = [new Map<Buffer, Buffer>(), new Map<Buffer, Buffer>()];
  for (const [name, next] of updates) {
    const old: Buffer = inputs.get(name) ?? { ...next, name, role: "input" };
    const [readers, writers] = [reads.get(old) ?? [], writes.get(next) ?? []];
    (overwrites(dependencies, readers, writers, old, next) ? inPlace : copied).set(next, old);
  }
  const kept = [...updates.values(), ...[...outputs.values()].map(({ source }) => source as Buffer)];
  return { segments: segmentsOf(stepsInOrder(dependencies, steps, new Set(kept))), inPlace, copied };
}

type Touching = ReadonlyMap<object, readonly Step[]>;

/** Which steps have views of each source. */
function bySource(steps: readonly Step[], viewsOf: (step: Step) => readonly View[]): Touching {
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
  // With several writers, one of which also reads the old values, a new dependency could make the next one close a cycle.
  // None is added then: the existing ones must already give the order.
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

/** Consecutive kernels as one segment, and products that ONNX Runtime computes together as one. */
function segmentsOf(groups: readonly (readonly Step[])[]): Segment[] {
  const segments: Segment[] = [];
  let kernels: Step[] | null = null;
  for (const group of groups) {
    const products: Product[] = [];
    for (const step of group) {
      if (isForOnnx(step)) products.push(step);
      else if (kernels === null) segments.push({ kind: "kernels", steps: (kernels = [step]) });
      else kernels.push(step);
    }
    if (products.length === 0) continue;
    segments.push({ kind: "onnx", products });
    kernels = null;
  }
  return segments;
}
