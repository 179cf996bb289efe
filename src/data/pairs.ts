import { DataError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape, reused, sizeOf } from "../base/ndarray.ts";
import {
  type Dataset,
  type Batch,
  type Sides,
  type SkippedFile,
  checkedIndex,
  fingerprintOf,
  distinctFiles,
} from "./dataset.ts";
import { select } from "./selection.ts";

/**
 * Images of two domains as pairs `[2, h, w, c]`, the first domain's image first.
 *
 * If aligned, item i of one domain is the true translation of item i of the other, and both share the labels. Otherwise
 * the pairing has no meaning: there are as many pairs as the larger domain has images, and the smaller one repeats.
 * @throws DataError when a domain does not contain images, when the shapes of their images differ, or the numbers of
 * aligned ones.
 */
export function pairDataset(name: string, sides: Sides): Dataset {
  requireAlike(name, sides);
  return new PairDataset(name, sides);
}

/** The same images without the information about which of them correspond. */
export function unaligned(pairs: Dataset & { readonly sides: Sides }): Dataset {
  return pairs.sides.aligned ? pairDataset(pairs.name, { ...pairs.sides, aligned: false }) : pairs;
}

/** Whether items are pairs. */
export function hasSides(dataset: Dataset): dataset is Dataset & { readonly sides: Sides } {
  return dataset.sides !== undefined;
}

function requireAlike(name: string, { a, b, aligned }: Sides): void {
  const other = [a, b].find(({ kind }) => kind !== "image");
  if (other !== undefined) {
    throw new DataError(`both domains must contain images - got ${other.kind} in ${other.name}`);
  }
  if (a.shape.join() !== b.shape.join()) {
    const channels = a.shape[2] === b.shape[2];
    throw new DataError(
      `images of both domains must have the same shape - got ${formatShape(a.shape)} in ${a.name} and ${formatShape(b.shape)} in ${b.name}`,
      channels
        ? "resize the images of folders with --size N"
        : "a folder of greyscale images has one channel, a folder with any colour image three: save the greyscale images as RGB",
    );
  }
  if (aligned && a.size !== b.size) {
    throw new DataError(`aligned domains must have equal numbers of images - got ${a.size} and ${b.size} in ${name}`);
  }
}

class PairDataset implements Dataset {
  readonly kind = "pair";
  readonly shape: Shape;
  readonly size: number;
  readonly labels: Int32Array | null;
  readonly classNames?: readonly string[];
  readonly skipped: readonly SkippedFile[];
  readonly notes: readonly string[];

  constructor(
    readonly name: string,
    readonly sides: Sides,
  ) {
    const { a, b, aligned, leftOut = [] } = sides;
    this.shape = [2, ...a.shape];
    this.size = Math.max(a.size, b.size);
    this.labels = aligned ? a.labels : null;
    if (aligned && a.classNames !== undefined) this.classNames = a.classNames;
    this.notes = [...new Set([a, b].flatMap(({ notes = [] }) => notes))];
    // Both domains may be in one folder.
    this.skipped = distinctFiles([...[a, b].flatMap(skippedOf), ...leftOut]);
  }

  read(indices: ArrayLike<number>, reuse?: NdArray<"float32">): Promise<NdArray<"float32">> {
    return this.joined(indices, (side, own) => side.read(own), reuse);
  }

  get readBytes(): Dataset["readBytes"] {
    return haveBytes(this.sides)
      ? (indices, reuse) => this.joined(indices, (side, own) => side.readBytes!(own), reuse)
      : undefined;
  }

  private async joined<D extends Batch["dtype"]>(
    indices: ArrayLike<number>,
    read: (side: Dataset, indices: Int32Array) => Promise<NdArray<D>>,
    reuse?: NdArray<D>,
  ): Promise<NdArray<D>> {
    const { a, b } = this.sides;
    const places = Int32Array.from(indices, (index) => checkedIndex(this, index));
    const own = (side: Dataset) => places.map((at) => at % side.size);
    return joinSides(...(await Promise.all([read(a, own(a)), read(b, own(b))])), reuse);
  }

  /** Fingerprint of both domains and of whether they are aligned. */
  get fingerprint(): string {
    const { a, b, aligned } = this.sides;
    const text = `${aligned ? "aligned" : "unaligned"} ${a.fingerprint} ${b.fingerprint}`;
    return fingerprintOf(text);
  }

  select(indices: Int32Array): Dataset {
    const { a, b } = this.sides;
    const side = (of: Dataset) => select(of, distinct(indices.map((index) => checkedIndex(this, index) % of.size)));
    return pairDataset(this.name, { ...this.sides, a: side(a), b: side(b) });
  }
}

/** Files with the name of their domain. */
function skippedOf({ name, skipped }: Dataset): SkippedFile[] {
  return skipped.map(({ file, reason }) => ({ file: `${name}/${file}`, reason }));
}

/** Indices without repetitions, for a smaller domain that is repeated. */
function distinct(indices: Int32Array): Int32Array {
  return Int32Array.from(new Set(indices));
}

/** Whether both domains hold bytes. */
export function haveBytes({ a, b }: Sides): boolean {
  return a.readBytes !== undefined && b.readBytes !== undefined;
}

/** Joins images [n, h, w, c] of both domains into pairs [n, 2, h, w, c], which may overwrite pairs that are no longer needed. */
export function joinSides<D extends Batch["dtype"]>(a: NdArray<D>, b: NdArray<D>, reuse?: NdArray<D>): NdArray<D> {
  const [n, ...shape] = a.shape as [number, ...number[]];
  const size = sizeOf(shape);
  const out = reused(reuse, [n, 2, ...shape], a.dtype);
  for (let i = 0; i < n; i++) {
    out.data.set(a.data.subarray(i * size, (i + 1) * size), 2 * i * size);
    out.data.set(b.data.subarray(i * size, (i + 1) * size), (2 * i + 1) * size);
  }
  return out;
}
