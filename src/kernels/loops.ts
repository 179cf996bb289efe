import { maxOf } from "../base/many.ts";
import { type Shape, bytesOfType, sizeOf } from "../base/ndarray.ts";
import { remembered } from "../base/remembered.ts";
import type { TensorType } from "../graph/tensor.ts";
import { type View, reshapeView } from "../graph/view.ts";
import { type Kernel, nodesOf } from "./kernel.ts";
import type { Load } from "./scalars.ts";

/** A view in terms of the loops: its stride in each of them, in elements. */
export interface Access {
  readonly source: object;
  readonly offset: number;
  readonly strides: readonly number[];
  readonly bytes: number;
  readonly lookups: readonly { readonly places: Access; readonly stride: number }[];
}

interface Loop {
  /** Number of iterations; in a tiled loop those of one tile, the last of which may be shorter. */
  readonly extent: number;
  readonly reduced: boolean;
}

/** The loops of a kernel, outermost first, and the accesses that they advance. */
export interface LoopNest {
  readonly loops: readonly Loop[];
  /** The vectorised loop, of four elements per iteration. */
  readonly vector: number;
  /** If the first reduced loop is long: its loop over tiles, the loop within a tile, and their total extent. */
  readonly tiles: { readonly at: number; readonly of: number; readonly total: number } | null;
  readonly loads: ReadonlyMap<Load, Access>;
  readonly stores: readonly Access[];
  readonly folds: readonly Access[];
}

/** Bytes of a tile in a sum over rows: few enough for the tile to stay in the L1 cache while all columns are summed. */
const tileBytes = 16384;
/** Elements of a row that are summed separately before they are added to the total, which keeps rounding errors small. */
const rowTile = 4096;

/**
 * The common refinement of shapes of one size, outermost extent first; null if two shapes have none.
 * Axes of extent 1 are left out.
 */
export function commonExtents(shapes: readonly Shape[]): number[] | null {
  const cuts = new Set<number>([1]);
  for (const shape of shapes) {
    let cut = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) cuts.add((cut *= shape[axis]!));
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const extents = sorted.slice(1).map((cut, i) => cut / sorted[i]!);
  return extents.every(Number.isInteger) ? extents.toReversed() : null;
}

/** The shapes of everything that a kernel reads and writes. */
function shapesOf(kernel: Kernel): Shape[] {
  const loads = nodesOf(kernel).flatMap((node) => (node.kind === "load" ? [node.view.shape] : []));
  const written = [...kernel.stores, ...kernel.folds].map(({ view }) => view.shape);
  return [...loads, ...written, ...(kernel.reduced === null ? [] : [kernel.reduced.shape])];
}

/** Lays out the loops of a finished kernel. */
export const loopNest = remembered((kernel: Kernel): LoopNest => {
  const extents = commonExtents(shapesOf(kernel));
  if (extents === null)
    throw new TypeError(`kernels: shapes of one kernel must nest - got ${shapesOf(kernel).join("; ")}`);
  const loads = nodesOf(kernel).filter((node) => node.kind === "load");
  const views = [
    ...loads.map(({ view, type }) => ({ view, type })),
    ...[...kernel.stores, ...kernel.folds].map(({ view, value }) => ({ view, type: value.type as TensorType })),
  ];
  const accesses = views.map(({ view, type }) => accessOf(reshapeView(view, extents)!, type));
  const reduced = reducedExtents(kernel, extents);
  const merged = mergeAxes(
    extents.map((extent, i) => ({ extent, reduced: reduced[i]! })),
    accesses,
  );
  const vector = vectorAxis(merged, accesses);
  const axes = merged.map((_, i) => i).filter((i) => i !== vector);
  const order = [true, false].flatMap((kept) => [
    ...axes.filter((i) => merged[i]!.reduced !== kept),
    ...(merged[vector]!.reduced === kept ? [] : [vector]),
  ]);
  const loops = order.map((axis): Loop => ({ extent: merged[axis]!.extent, reduced: merged[axis]!.reduced }));
  const moved = accesses.map((access) =>
    reordered(
      access,
      order.map((axis) => merged[axis]!.from),
    ),
  );
  const tiled = withTiles({ loops, vector: order.indexOf(vector), accesses: moved }, loads.length);
  return {
    loops: tiled.loops,
    vector: tiled.vector,
    tiles: tiled.tiles,
    loads: new Map(loads.map((load, i) => [load, tiled.accesses[i]!])),
    stores: tiled.accesses.slice(loads.length, loads.length + kernel.stores.length),
    folds: tiled.accesses.slice(loads.length + kernel.stores.length),
  };
});

function accessOf({ source, offset, strides, lookups }: View, type: TensorType): Access {
  return {
    source,
    offset,
    strides,
    bytes: bytesOfType(type),
    lookups: lookups.map(({ places, stride }) => ({ stride, places: accessOf(places, "int32") })),
  };
}

/** For each extent, whether it belongs to a reduced axis. */
function reducedExtents({ reduced }: Kernel, extents: readonly number[]): boolean[] {
  if (reduced === null) return extents.map(() => false);
  // A view with non-zero strides along the reduced axes only.
  const strides = reduced.shape.map((_, axis) => (reduced.axes.includes(axis) ? 1 : 0));
  let axis = reduced.shape.length - 1;
  let left = reduced.shape[axis] ?? 1;
  const result = new Array<boolean>(extents.length);
  for (let i = extents.length - 1; i >= 0; i--) {
    while (left === 1) left = reduced.shape[--axis]!;
    result[i] = strides[axis] === 1;
    left /= extents[i]!;
  }
  return result;
}

interface Axis {
  readonly extent: number;
  readonly reduced: boolean;
  /** The original axis whose strides the merged axis takes. */
  readonly from: number;
}

/** Merges adjacent axes of the same kind that are contiguous in every access. */
function mergeAxes(axes: readonly Loop[], accesses: readonly Access[]): Axis[] {
  const all = accesses.flatMap((access) => [access, ...access.lookups.map(({ places }) => places)]);
  const merged: Axis[] = [];
  axes.forEach(({ extent, reduced }, i) => {
    const last = merged.at(-1);
    const even =
      last !== undefined &&
      last.reduced === reduced &&
      all.every(({ strides }) => strides[last.from] === strides[i]! * extent);
    if (even) merged[merged.length - 1] = { extent: last.extent * extent, reduced, from: i };
    else merged.push({ extent, reduced, from: i });
  });
  // A scalar has no axis, but its kernel has a loop.
  return merged.length > 0 ? merged : [{ extent: 1, reduced: false, from: -1 }];
}

/** The axis along which most accesses are contiguous, so that four elements are one load; the last of several such axes. */
function vectorAxis(axes: readonly Axis[], accesses: readonly Access[]): number {
  const counts = axes.map(({ extent, from }) => {
    const even = extent < 4 ? [] : accesses.filter((access) => access.strides[from] === 1 && !isLookedUp(access, from));
    return even.reduce((count, access) => count + touched(access, axes), 0);
  });
  return counts.lastIndexOf(maxOf(counts));
}

/** Number of distinct addresses of an access. */
function touched({ strides }: Access, axes: readonly Axis[]): number {
  return sizeOf(axes.filter(({ from }) => strides[from] !== 0).map(({ extent }) => extent));
}

function isLookedUp({ lookups }: Access, axis: number): boolean {
  return lookups.some(({ places }) => places.strides[axis] !== 0);
}

function reordered(access: Access, order: readonly number[]): Access {
  return {
    ...access,
    strides: order.map((axis) => access.strides[axis] ?? 0),
    lookups: access.lookups.map(({ places, stride }) => ({ stride, places: reordered(places, order) })),
  };
}

interface Plain {
  readonly loops: readonly Loop[];
  readonly vector: number;
  readonly accesses: readonly Access[];
}

/** Tiles the first reduced loop if it is long. The number of tiles depends only on shapes. */
function withTiles({ loops, vector, accesses }: Plain, loads: number): Plain & Pick<LoopNest, "tiles"> {
  const first = loops.findIndex(({ reduced }) => reduced);
  if (first < 0) return { loops, vector, accesses, tiles: null };
  const inner = sizeOf(loops.slice(first + 1).map(({ extent }) => extent));
  const columns = vector < first;
  const length = columns
    ? Math.max(8, Math.floor(tileBytes / (4 * inner * loops[vector]!.extent * Math.max(1, loads))))
    : Math.max(1, Math.floor(rowTile / inner));
  const { extent } = loops[first]!;
  if (length >= extent) return { loops, vector, accesses, tiles: null };
  // The loop over tiles encloses the loop over columns, so that a tile stays in the cache for all columns.
  const at = columns ? vector : first;
  const tile: Loop = { extent: Math.ceil(extent / length), reduced: true };
  const cut = loops.map((loop, i) => (i === first ? { ...loop, extent: length } : loop));
  return {
    loops: cut.toSpliced(at, 0, tile),
    vector: vector + (vector >= at ? 1 : 0),
    accesses: accesses.map((access) => tiledAccess(access, at, first, length)),
    tiles: { at, of: first + 1, total: extent },
  };
}

function tiledAccess(access: Access, at: number, first: number, length: number): Access {
  return {
    ...access,
    strides: access.strides.toSpliced(at, 0, access.strides[first]! * length),
    lookups: access.lookups.map(({ places, stride }) => ({ stride, places: tiledAccess(places, at, first, length) })),
  };
}
