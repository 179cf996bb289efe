import { type Shape, sizeOf, stridesOf } from "../base/ndarray.ts";

/**
 * A strided view of memory: element [i, j, ...] is at `offset + i * strides[0] + j * strides[1] + ...` in the source, plus
 * the offsets of its lookups. Strides are in elements; 0 repeats an axis.
 */
export interface View {
  /** The owner of the memory. */
  readonly source: object;
  readonly shape: Shape;
  readonly offset: number;
  readonly strides: readonly number[];
  readonly lookups: readonly Lookup[];
}

/** An axis indexed through a table: adds `stride` times the whole number at the same element of `places`. */
interface Lookup {
  readonly places: View;
  readonly stride: number;
}

/** A whole source in C order. */
export function wholeView(source: object, shape: Shape): View {
  return { source, shape, offset: 0, strides: stridesOf(shape), lookups: [] };
}

/** Axis i of the result is axis `order[i]` of the view. */
export function permuteView(view: View, order: readonly number[]): View {
  const picked = <T>(list: readonly T[]) => order.map((axis) => list[axis]!);
  return mapped({ ...view, shape: picked(view.shape), strides: picked(view.strides) }, (places) =>
    permuteView(places, order),
  );
}

/** The slice [start, stop) along an axis. */
export function sliceView(view: View, axis: number, start: number, stop: number): View {
  const shape = view.shape.map((extent, i) => (i === axis ? stop - start : extent));
  return mapped({ ...view, shape, offset: view.offset + start * view.strides[axis]! }, (places) =>
    sliceView(places, axis, start, stop),
  );
}

/** `count` elements along an axis from `start` on, each `step` after the one before. */
export function stepView(view: View, axis: number, start: number, step: number, count: number): View {
  const shape = view.shape.map((extent, i) => (i === axis ? count : extent));
  const strides = view.strides.map((stride, i) => (i === axis ? stride * step : stride));
  return mapped({ ...view, shape, strides, offset: view.offset + start * view.strides[axis]! }, (places) =>
    stepView(places, axis, start, step, count),
  );
}

/** The view broadcast to a larger shape: aligned at the last axis, repeated along axes of extent 1. */
export function broadcastView(view: View, shape: Shape): View {
  const lead = shape.length - view.shape.length;
  const strides = shape.map((_, i) => (i < lead || view.shape[i - lead] === 1 ? 0 : view.strides[i - lead]!));
  return mapped({ ...view, shape, strides }, (places) => broadcastView(places, shape));
}

/** The view with another shape; null if no strides reach its elements, so that a copy is needed. */
export function reshapeView(view: View, shape: Shape): View | null {
  const strides = reshapedStrides(view, shape);
  if (strides === null) return null;
  const lookups = view.lookups.map(({ places, stride }) => ({ stride, places: reshapeView(places, shape) }));
  if (lookups.some(({ places }) => places === null)) return null;
  return { ...view, shape, strides, lookups: lookups as Lookup[] };
}

/** Gathers slices along an axis at `places`, whose axes replace that axis; null if the axis already has a lookup. */
export function lookupView(view: View, axis: number, places: View): View | null {
  const taken = view.lookups.some((lookup) => lookup.places.strides[axis] !== 0);
  if (taken || places.lookups.length > 0) return null;
  const none = places.shape.map(() => 0);
  const widened = <T>(list: readonly T[], middle: readonly T[]) => [
    ...list.slice(0, axis),
    ...middle,
    ...list.slice(axis + 1),
  ];
  const shape = widened(view.shape, places.shape);
  const zeros = view.shape.map(() => 0);
  const own = { stride: view.strides[axis]!, places: { ...places, shape, strides: widened(zeros, places.strides) } };
  const wider = mapped({ ...view, shape, strides: widened(view.strides, none) }, (old) => ({
    ...old,
    shape,
    strides: widened(old.strides, none),
  }));
  return { ...wider, lookups: [...wider.lookups, own] };
}

/** Transposes every matrix of a stack. */
export function swapLastAxes(view: View): View {
  const axes = view.shape.map((_, i) => i);
  return permuteView(view, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/** Whether two views without lookups read the same elements in the same order. */
export function sameView(a: View, b: View): boolean {
  return (
    a.source === b.source &&
    a.offset === b.offset &&
    a.lookups.length === 0 &&
    b.lookups.length === 0 &&
    sizeOf(a.shape) === sizeOf(b.shape) &&
    (reshapeView(a, b.shape)?.strides.every((stride, i) => stride === b.strides[i] || b.shape[i] === 1) ?? false)
  );
}

/** Whether the view is contiguous in C order. */
export function isContiguous(view: View): boolean {
  if (view.lookups.length > 0) return false;
  const strides = stridesOf(view.shape);
  return view.shape.every((extent, axis) => extent === 1 || view.strides[axis] === strides[axis]);
}

/** A view as text: equal for equal views of one source. */
export function viewKey({ source, offset, shape, strides, lookups }: View, nameOf: (source: object) => string): string {
  let text = `${nameOf(source)}[${offset}:`;
  for (let axis = 0; axis < shape.length; axis++) text += ` ${shape[axis]}*${strides[axis]}`;
  for (const { places, stride } of lookups) text += ` + ${stride} * ${viewKey(places, nameOf)}`;
  return `${text}]`;
}

function mapped(view: View, change: (places: View) => View): View {
  return {
    ...view,
    lookups: view.lookups.map(({ places, stride }) => ({ stride, places: change(places) })),
  };
}

/**
 * Walks both shapes from their last axes in runs of equal size. The axes of a run must be contiguous with each other, so
 * that its elements are evenly spaced.
 */
function reshapedStrides(view: View, shape: Shape): number[] | null {
  const axes = view.shape
    .map((extent, i) => ({ extent, stride: view.strides[i]! }))
    .filter(({ extent }) => extent !== 1);
  const strides = new Array<number>(shape.length).fill(0);
  let to = shape.length - 1;
  while (axes.length > 0) {
    const { extent, stride } = axes.pop()!;
    let [have, made] = [extent, 1];
    const start = to;
    while (made !== have) {
      if (made < have) {
        if (to < 0) return null;
        made *= shape[to--]!;
      } else {
        const next = axes.pop();
        if (next === undefined || next.stride !== have * stride) return null;
        have *= next.extent;
      }
    }
    let step = stride;
    for (let axis = start; axis > to; axis--) {
      strides[axis] = step;
      step *= shape[axis]!;
    }
  }
  return strides;
}
