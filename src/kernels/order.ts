import { sizeOf } from "../base/ndarray.ts";
import { remembered } from "../base/remembered.ts";
import type { View } from "../graph/view.ts";
import { bytesOfBuffer } from "./memory-plan.ts";
import { type Buffer, type Dependencies, type Product, type Step, isForOnnx, readsOf, writesOf } from "./steps.ts";

/**
 * A product of at least this many multiply-adds is called alone and does not wait for others: the call is then about 2 % of its time.
 * Otherwise the gathered columns of all convolutions that are ready would be in memory at the same time.
 */
const worthOwnCall = 1e8;

/** A product is computed early if that frees at least this many bytes of operands that nothing else needs. */
const worthReleasing = 2 ** 19;

/**
 * An order in which each step follows those that it needs: kernels while any is ready, then all products of ONNX Runtime that are
 * ready, in one group. Large products are groups of their own, in the order of the graph. A product that releases memory is
 * computed as soon as it can be: the columns of a convolution are kept for the gradient of its kernel, which would otherwise come
 * after all gradients of the layers below.
 * @param kept Buffers that are read after the program.
 */
export function stepsInOrder(
  dependencies: Dependencies,
  steps: readonly Step[],
  kept: ReadonlySet<Buffer>,
): (readonly Step[])[] {
  const queue = new Queue(dependencies, steps);
  const memory = new Memory(steps, kept);
  const groups: (readonly Step[])[] = [];
  for (let group = nextGroup(queue, memory); group.length > 0; group = nextGroup(queue, memory)) {
    groups.push(group);
    for (const step of group) {
      memory.ran(step);
      queue.finish(step);
    }
  }
  return groups;
}

function nextGroup(queue: Queue, memory: Memory): readonly Step[] {
  for (const group of queue.reachableProducts()) if (memory.releasedBy(group) >= worthReleasing) return group;
  const [kernel, large] = [oldest(queue.kernels), oldest(queue.products.filter(isLarge))];
  if (large !== null && (kernel === null || large.id < kernel.id)) return [large];
  return kernel === null ? [...queue.products] : [kernel];
}

/** Number of the steps that have not run. */
class Queue {
  /** Steps that can run now. */
  readonly kernels: Step[] = [];
  readonly products: Product[] = [];
  /** Products whose operands are worth releasing, numbered in the order of the steps. */
  private readonly releasing = new Map<Product, number>();
  /** Those of them that can run after passes that are ready, in that order. */
  private readonly reachable: Product[] = [];
  private readonly needs = new Map<Step, Set<Step>>();
  private readonly users = new Map<Step, Step[]>();
  /**
   * Passes that need no other step, such as those that write zeros around a padded image. They wait until a step needs
   * nothing else, because their output occupies memory.
   */
  private readonly waiting = new Set<Step>();

  constructor(dependencies: Dependencies, steps: readonly Step[]) {
    for (const step of steps) this.users.set(step, []);
    for (const step of steps) {
      const own = new Set(this.before(step, dependencies));
      this.needs.set(step, own);
      for (const other of own) this.users.get(other)!.push(step);
      if (step.kind === "product" && operandBytes(step) >= worthReleasing) {
        this.releasing.set(step, this.releasing.size);
      }
    }
    for (const step of steps) {
      const isFirst = step.kind === "pass" && this.needs.get(step)!.size === 0;
      if (isFirst && this.users.get(step)!.length > 0) this.waiting.add(step);
    }
    for (const step of steps.filter((each) => !this.waiting.has(each))) this.check(step);
  }

  /** The direct predecessors of a step; passes that write nothing are skipped. */
  private before(step: Step, dependencies: Dependencies): Step[] {
    const needed = [...dependencies.needsOf(step.id)].map((id) => dependencies.steps[id]!);
    return needed.flatMap((other) => (this.users.has(other) ? [other] : this.before(other, dependencies)));
  }

  /** Products that can run after passes that are ready, each with these passes. */
  *reachableProducts(): Generator<readonly Step[]> {
    for (const product of this.reachable) yield [...this.needs.get(product)!, product];
  }

  private areReadyPasses(steps: ReadonlySet<Step>): boolean {
    for (const step of steps) if (step.kind !== "pass" || this.needs.get(step)!.size > 0) return false;
    return true;
  }

  finish(step: Step): void {
    const list: Step[] = isForOnnx(step) ? this.products : this.kernels;
    const at = list.indexOf(step);
    if (at >= 0) list.splice(at, 1);
    this.waiting.delete(step);
    const place = this.reachable.indexOf(step as Product);
    if (place >= 0) this.reachable.splice(place, 1);
    for (const user of this.users.get(step)!) {
      this.needs.get(user)!.delete(step);
      this.check(user);
    }
  }

  /** Adds a step to the ready ones if it can run, or else the waiting passes that it needs, if it needs nothing else. */
  private check(step: Step): void {
    const needs = this.needs.get(step)!;
    this.reach(step);
    if (needs.size === 0) {
      if (isForOnnx(step)) this.products.push(step);
      else this.kernels.push(step);
      for (const user of this.users.get(step)!) this.reach(user);
    } else if (this.areReadyPasses(needs)) {
      for (const other of needs) if (this.waiting.delete(other)) this.kernels.push(other);
    }
  }

  /** Lists a product whose operands are worth releasing if it can run after passes that are ready. */
  private reach(step: Step): void {
    const product = step as Product;
    const place = this.releasing.get(product);
    if (place === undefined || !this.areReadyPasses(this.needs.get(product)!)) return;
    if (this.reachable.includes(product)) return;
    const later = this.reachable.findIndex((other) => this.releasing.get(other)! > place);
    this.reachable.splice(later < 0 ? this.reachable.length : later, 0, product);
  }
}

/** Tracks which buffers hold values that are still needed. */
class Memory {
  private readonly readers = new Map<Buffer, number>();
  private readonly written = new Set<Buffer>();

  constructor(
    steps: readonly Step[],
    private readonly kept: ReadonlySet<Buffer>,
  ) {
    for (const step of steps) for (const buffer of temporaries(readsOf(step))) this.count(buffer, 1);
  }

  ran(step: Step): void {
    for (const buffer of temporaries(readsOf(step))) this.count(buffer, -1);
    for (const buffer of temporaries(writesOf(step))) this.written.add(buffer);
  }

  /** Bytes that become free by running some steps. */
  releasedBy(group: readonly Step[]): number {
    const reads = new Map<Buffer, number>();
    let bytes = 0;
    for (const step of group) {
      for (const buffer of temporaries(readsOf(step))) reads.set(buffer, (reads.get(buffer) ?? 0) + 1);
      // For a vector of gradients, only the part that is written: all of it is needed in any order.
      for (const { source, shape } of writesOf(step)) {
        if (!this.written.has(source as Buffer)) bytes -= 4 * sizeOf(shape);
      }
    }
    for (const [buffer, count] of reads) {
      if (this.readers.get(buffer) === count && !this.kept.has(buffer)) bytes += bytesOfBuffer(buffer);
    }
    return bytes;
  }

  private count(buffer: Buffer, change: number): void {
    this.readers.set(buffer, (this.readers.get(buffer) ?? 0) + change);
  }
}

/** The temporary buffers of some views. */
const temporaries = remembered(
  (views: readonly View[]): ReadonlySet<Buffer> =>
    new Set(views.map(({ source }) => source as Buffer).filter(({ role }) => role === "temporary")),
);

function operandBytes({ a, b }: Product): number {
  return 4 * (sizeOf(a.shape) + sizeOf(b.shape));
}

/** The first in order of creation, which is close to the order of the graph. */
function oldest<S extends Step>(steps: readonly S[]): S | null {
  return steps.length === 0 ? null : steps.reduce((first, step) => (step.id < first.id ? step : first));
}

function isLarge({ a, out }: Product): boolean {
  return sizeOf(out.shape) * a.shape.at(-1)! >= worthOwnCall;
}
