import { maxOf } from "../base/many.ts";
import { type Shape, sizeOf } from "../base/ndarray.ts";
import type { TensorType } from "../graph/tensor.ts";
import { type View, reshapeView } from "../graph/view.ts";
import { type Kernel, nodesOf } from "./kernel.ts";
import type { Load } from "./scalars.ts";

/** A view as the loops walk it: how far it moves with each of them, in elements. */
export interface Access {
  readonly source: object;
  readonly offset: number;
  readonly strides: readonly number[];
  readonly bytes: 1 | 4;
  readonly lookups: readonly { readonly places: Access; readonly stride: number }[];
}

interface Loop {
  /** Places along it; of a tiled loop those of one tile, the last of which may be shorter. */
  readonly extent: number;
  readonly reduced: boolean;
}

/** The loops of a kernel, outermost first, and everything that moves with them. */
export interface LoopNest {
  readonly loops: readonly Loop[];
  /** The loop that goes on by four places at a time. */
  readonly vector: number;
  /** The loop over tiles of the first reduced loop, where that is long, and how far that goes in all. */
  readonly tiles: { readonly at: number; readonly of: number; readonly total: number } | null;
  readonly loads: ReadonlyMap<Load, Access>;
  readonly stores: readonly Access[];
  readonly folds: readonly Access[];
}

/** A tile of rows that are added up column by column stays in the first cache while each column goes through it. */
const tileBytes = 16384;
/** Numbers of one row that are added up by themselves before they are added to the rest: rounding errors stay small. */
const rowTile = 4096;

/**
 * Extents into which all shapes of one size can be cut, outermost first; null where the cuts of two cross each other.
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

/** Lays out the loops of a kernel. */
export function loopNest(kernel: Kernel): LoopNest {
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
}

function accessOf({ source, offset, strides, lookups }: View, type: TensorType): Access {
  return {
    source,
    offset,
    strides,
    bytes: type === "bool" ? 1 : 4,
    lookups: lookups.map(({ places, stride }) => ({ stride, places: accessOf(places, "int32") })),
  };
}

/** Which of the extents belong to reduced axes. */
function reducedExtents({ reduced }: Kernel, extents: readonly number[]): boolean[] {
  if (reduced === null) return extents.map(() => false);
  // A view that moves along the reduced axes alone.
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
  /** The original axis whose strides the merged one has. */
  readonly from: number;
}

/** Neighbours of one kind become one axis where everything goes through both evenly. */
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

/** The axis along which most numbers lie side by side, the last of several: four of them are one load. */
function vectorAxis(axes: readonly Axis[], accesses: readonly Access[]): number {
  const counts = axes.map(({ extent, from }) => {
    const even = extent < 4 ? [] : accesses.filter((access) => access.strides[from] === 1 && !isLookedUp(access, from));
    return even.reduce((count, access) => count + touched(access, axes), 0);
  });
  return counts.lastIndexOf(maxOf(counts));
}

/** How many places of memory an access comes to. */
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

/** Cuts the first reduced loop in tiles where it is long. The number of tiles depends on shapes alone. */
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
  // Tiles go around the loop over columns, so that all columns of a tile find it in the cache.
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
