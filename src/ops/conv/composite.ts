import { ndarray } from "../../base/ndarray.ts";
import { type Tensor, constant } from "../../graph/tensor.ts";
import { matmul } from "../linalg/matmul.ts";
import { concat } from "../movement/concat.ts";
import { padAxis } from "../movement/pad.ts";
import { reshape } from "../movement/reshape.ts";
import { slice } from "../movement/slice.ts";
import { transpose } from "../movement/transpose.ts";
import { add } from "../pointwise/add.ts";
import { gather } from "../select/gather.ts";
import type { Geometry } from "./geometry.ts";
import { type AxisSources, fromOutput, fromInput, hasFewOutputs, mostTaps, tapTables } from "./lowering.ts";
import { type Phase, axisPhases, fewChannels } from "./transpose-lowering.ts";
import { winograd, winogradConv, winogradTranspose, winogradWeightGrad } from "./winograd.ts";

// Convolutions as products of gathered patches, in ops: the form that the kernels execute, unless Winograd's algorithm
// is faster. The patches of an image for one geometry are one tensor however often they are requested, so a convolution and
// the gradient of its kernel share them.

/** A convolution of x [n, h, w, c] with w [kh, kw, c / groups, o]. */
export function composeConv(x: Tensor, w: Tensor, geo: Geometry, y: Tensor): Tensor {
  return byGroup([x, w], geo, ([part, kernel], one) => {
    const [kh, kw, c, o] = kernel!.shape as [number, number, number, number];
    const shape = [...y.shape.slice(0, 3), o];
    const fast = winograd(one, c, o);
    if (fast !== null) return winogradConv(part!, kernel!, fast);
    if (!hasFewOutputs(one, c, o)) {
      return reshape(matmul(patches(part!, one, "input"), reshape(kernel!, [kh * kw * c, o])), shape);
    }
    const taps = kh * kw;
    const flat = reshape(transpose(reshape(kernel!, [taps, c, o]), [1, 0, 2]), [c, taps * o]);
    const product = matmul(reshape(part!, [-1, c]), flat);
    return reshape(sumOfTaps(product, part!, one, "input", o), shape);
  });
}

/** Its adjoint with respect to x: g [n, h', w', o] with w to y [n, h, w, c]. */
export function composeTranspose(g: Tensor, w: Tensor, geo: Geometry, y: Tensor): Tensor {
  return byGroup([g, w], geo, ([part, kernel], one) => {
    const [kh, kw, c, o] = kernel!.shape as [number, number, number, number];
    const shape = [...y.shape.slice(0, 3), c];
    const fast = winograd(one, c, o);
    if (fast !== null) return winogradTranspose(part!, kernel!, fast);
    const flat = reshape(kernel!, [kh * kw * c, o]);
    const isFull = one.output[0] * one.output[1] === 1 && one.padding.every((p) => p === 0);
    if (isFull && one.kernel.every((k, axis) => k === one.input[axis])) {
      return reshape(matmul(reshape(part!, [-1, o]), flat, { transposeB: true }), shape);
    }
    if (c > fewChannels) return byPhase(part!, kernel!, one, shape as number[]);
    const product = matmul(reshape(part!, [-1, o]), flat, { transposeB: true });
    return reshape(sumOfTaps(product, part!, one, "output", c), shape);
  });
}

/** Its adjoint with respect to w: x [n, h, w, c] and g [n, h', w', o] to y [kh, kw, c / groups, o]. */
export function composeWeightGrad(x: Tensor, g: Tensor, geo: Geometry, y: Tensor): Tensor {
  return byGroup([x, g], geo, ([part, gradient], one) => {
    const [kh, kw, c] = y.shape as [number, number, number];
    const o = gradient!.shape[3] as number;
    const fast = winograd(one, c, o);
    if (fast !== null) return winogradWeightGrad(part!, gradient!, fast);
    if (!hasFewOutputs(one, c, o)) {
      const product = matmul(patches(part!, one, "input"), reshape(gradient!, [-1, o]), { transposeA: true });
      return reshape(product, [kh, kw, c, o]);
    }
    const rows = patches(gradient!, one, "output");
    const product = matmul(reshape(part!, [-1, c]), rows, { transposeA: true });
    return reshape(transpose(reshape(product, [c, kh * kw, o]), [1, 0, 2]), [kh, kw, c, o]);
  });
}

type Side = "input" | "output";

/**
 * Index tables in use, by their parameters: building one for a large image takes longer than everything else.
 */
const tables = new Map<string, WeakRef<Tensor>>();

/** An index table of a geometry, the same tensor while any graph uses it, so that equal gathers are merged. */
function table(geo: Geometry, name: string, make: () => Int32Array<ArrayBuffer>): Tensor {
  const key = `${name} ${JSON.stringify(geo)}`;
  const known = tables.get(key)?.deref();
  if (known !== undefined) return known;
  const data = make();
  const made = constant(ndarray("int32", [data.length], data));
  tables.set(key, new WeakRef(made));
  return made;
}

function sourcesOf(geo: Geometry, from: Side): readonly [AxisSources, AxisSources] {
  const sources = from === "input" ? fromInput : fromOutput;
  return [sources(geo, 0), sources(geo, 1)];
}

/** For each position of the other side, the values of x at its kernel taps as a row: [n * places, taps * c]. */
function patches(x: Tensor, geo: Geometry, from: Side): Tensor {
  const [down, across] = sourcesOf(geo, from);
  return patchesBy(x, down, across, (make) => table(geo, from, make));
}

/** @param byRow Whether the rows of patches come first and images second: [rows * n * columns, taps * c]. */
function patchesBy(
  x: Tensor,
  down: AxisSources,
  across: AxisSources,
  tableOf: (make: () => Int32Array<ArrayBuffer>) => Tensor,
  byRow = false,
): Tensor {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [places, taps] = [down.length * across.length, down[0]!.length * across[0]!.length];
  const indices = tableOf(() => {
    const list = new Int32Array(places * taps);
    let at = 0;
    for (const rows of down) {
      for (const cols of across) {
        for (const row of rows)
          for (const col of cols) list[at++] = row === null || col === null ? h * w : row * w + col;
      }
    }
    return list;
  });
  const gathered = gatherRows(reshape(x, [n, h * w, c]), indices);
  if (!byRow) return reshape(gathered, [n * places, taps * c]);
  const lines = reshape(gathered, [n, down.length, across.length * taps, c]);
  return reshape(transpose(lines, [1, 0, 2, 3]), [n * places, taps * c]);
}

/** Rows of x [n, rows, c] by index; index `rows` stands for a row of zeros. */
function gatherRows(x: Tensor, indices: Tensor): Tensor {
  const rows = x.shape[1] as number;
  const { data } = indices.attrs.value as { data: Int32Array };
  if (data.length === rows && data.every((from, i) => from === i)) return x;
  return gather(data.includes(rows) ? padAxis(x, 1, 0, 1) : x, indices, 1);
}

/**
 * From the product of every position of a side with every tap [n * places, taps * c], each position of the other side
 * sums the entries that reach it: [n, places', c].
 */
function sumOfTaps(product: Tensor, side: Tensor, geo: Geometry, from: Side, c: number): Tensor {
  const [n, h, w] = side.shape as [number, number, number];
  const taps = geo.kernel[0] * geo.kernel[1];
  const rows = h * w * taps;
  const [down, across] = sourcesOf(geo, from);
  const rounds = mostTaps(down, across);
  let tables: Int32Array<ArrayBuffer>[] | null = null;
  const tableOf = (round: number) => () => (tables ??= tapTables(down, across, w, rounds, rows))[round]!;
  const byTap = reshape(product, [n, rows, c]);
  const terms = Array.from({ length: rounds }, (_, round) =>
    gatherRows(byTap, table(geo, `${from} ${round}`, tableOf(round))),
  );
  return terms.reduce((total, term) => add(total, term));
}

/**
 * One product for each pair of remainders modulo the stride, then the rows and columns of these phases are interleaved. Phases that
 * use the same rows of g share their patches, ordered by row and then by image, so that the patches of each phase are contiguous.
 */
function byPhase(g: Tensor, w: Tensor, geo: Geometry, [n, h, width, c]: readonly number[]): Tensor {
  const [vertical, horizontal] = [axisPhases(geo, 0), axisPhases(geo, 1)];
  const [rows, cols] = [vertical[0]!.sources.length, horizontal[0]!.sources.length];
  const o = w.shape[3] as number;
  const flat = reshape(w, [geo.kernel[0] * geo.kernel[1], c!, o]);
  const groups = sharedRows(vertical);
  const columns = horizontal.map((across, j) => {
    const lines: Tensor[] = [];
    groups.forEach(({ sources, phases }, group) => {
      const isShared = phases.length > 1;
      const make = (of: () => Int32Array<ArrayBuffer>) => table(geo, `phases ${group} ${j}`, of);
      const hasTaps = sources[0]!.length * across.taps.length > 0;
      const patch = hasTaps ? patchesBy(g, sources, across.sources, make, isShared) : null;
      for (const { phase, start } of phases) {
        if (patch === null) {
          lines.push(zeros([n!, rows, 1, cols, 1, c!]));
          continue;
        }
        const taps = vertical[phase]!.taps.flatMap((ty) => across.taps.map((tx) => ty * geo.kernel[1] + tx));
        const indices = table(geo, `taps ${phase} ${j}`, () => Int32Array.from(taps));
        // Transposed, runs of all o channels are copied at once.
        const kernel = reshape(transpose(gather(flat, indices), [1, 0, 2]), [c!, taps.length * o]);
        const own = isShared ? slice(patch, 0, start * n! * cols, (start + rows) * n! * cols) : patch;
        const product = matmul(own, kernel, { transposeB: true });
        const byImage = isShared
          ? transpose(reshape(product, [rows, n!, 1, cols, 1, c!]), [1, 0, 2, 3, 4, 5])
          : reshape(product, [n!, rows, 1, cols, 1, c!]);
        lines.push(byImage);
      }
    });
    return concat(lines, 2);
  });
  const whole = concat(columns, 4);
  const [fullHeight, fullWidth] = [rows * vertical.length, cols * horizontal.length];
  const result = reshape(whole, [n!, fullHeight, fullWidth, c!]);
  const cut = fullHeight === h ? result : slice(result, 1, 0, h!);
  return fullWidth === width ? cut : slice(cut, 2, 0, width!);
}

interface SharedRows {
  readonly sources: AxisSources;
  /** Phases, and the index of the source at which each begins. */
  readonly phases: readonly { readonly phase: number; readonly start: number }[];
}

/** Phases along an axis, ordered so that each begins with the sources with which the previous one ends. */
function sharedRows(phases: readonly Phase[]): SharedRows[] {
  const groups: { sources: AxisSources; phases: { phase: number; start: number }[] }[] = [];
  phases.forEach(({ sources }, phase) => {
    const last = groups.at(-1);
    const overlap = last === undefined ? 0 : overlapOf(last.sources, sources);
    if (overlap === 0) groups.push({ sources, phases: [{ phase, start: 0 }] });
    else {
      last!.phases.push({ phase, start: last!.sources.length - overlap });
      last!.sources = [...last!.sources, ...sources.slice(overlap)];
    }
  });
  return groups;
}

/** Number of trailing sources of one list that are the leading ones of another. */
function overlapOf(some: AxisSources, others: AxisSources): number {
  const [ends, begins] = [some, others].map((list) => list.map((places) => JSON.stringify(places))) as [
    string[],
    string[],
  ];
  for (let count = Math.min(ends.length, begins.length); count > 0; count--) {
    if (begins.slice(0, count).every((key, i) => key === ends[ends.length - count + i])) return count;
  }
  return 0;
}

function zeros(shape: readonly number[]): Tensor {
  return constant(ndarray("float32", shape, new Float32Array(shape.reduce((size, extent) => size * extent, 1))));
}

/** Group by group along the channels (the last axis of every part), concatenated. */
function byGroup(
  parts: readonly Tensor[],
  geo: Geometry,
  compose: (parts: readonly Tensor[], one: Geometry) => Tensor,
): Tensor {
  if (geo.groups === 1) return compose(parts, geo);
  const one: Geometry = { ...geo, groups: 1 };
  const results = Array.from({ length: geo.groups }, (_, group) =>
    compose(
      parts.map((part) => {
        const length = (part.shape[3] as number) / geo.groups;
        return slice(part, 3, group * length, (group + 1) * length);
      }),
      one,
    ),
  );
  return concat(results, 3);
}
