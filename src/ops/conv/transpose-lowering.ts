import { ndarray } from "../../base/ndarray.ts";
import type { Emitter, Value } from "../../graph/emitter.ts";
import type { Dims } from "../../graph/tensor.ts";
import type { Geometry } from "./geometry.ts";
import {
  type AxisSources,
  fromOutput,
  gatherRows,
  mostTaps,
  patches,
  permute,
  tapTables,
  convToFewChannels,
} from "./lowering.ts";

/** Up to this many output channels, as when the result is an image, one product per tap and a sum of rows are faster than phases. */
export const fewChannels = 8;
/** Up to this many taps, rows are added one by one; more are summed by a product. */
const fewTaps = 16;

/** The adjoint of a convolution with respect to its input, as matrix products: g [n, h', w', o] to [n, h, w, c]. */
export function emitTranspose(emitter: Emitter, g: Value, w: Value, geo: Geometry, shape: Dims): Value {
  const single = geo.output[0] * geo.output[1] === 1;
  const covers = geo.kernel.every((k, axis) => k === geo.input[axis]) && geo.padding.every((p) => p === 0);
  if (single && covers) return emitFull(emitter, g, w, shape);
  return (shape[3] as number) <= fewChannels
    ? emitByTap(emitter, g, w, geo, shape)
    : emitByPhase(emitter, g, w, geo, shape);
}

/** A single position that covers the whole result: one product. */
function emitFull(emitter: Emitter, g: Value, w: Value, shape: Dims): Value {
  const [n, h, width, c] = shape as [number, number, number, number];
  const o = w.shape[3] as number;
  const kernel = emitter.reshape(w, [h * width * c, o]);
  const product = emitter.node("Gemm", [emitter.reshape(g, [n, o]), kernel], [n, h * width * c], {
    transA: 0,
    transB: 1,
  });
  return emitter.reshape(product, shape);
}

/** One product of every position of g with every tap; then each position of the result gathers its taps and adds them. */
function emitByTap(emitter: Emitter, g: Value, w: Value, geo: Geometry, shape: Dims): Value {
  const [n, h, width, c] = shape as [number, number, number, number];
  const o = w.shape[3] as number;
  const [places, taps] = [geo.output[0] * geo.output[1], geo.kernel[0] * geo.kernel[1]];
  const [down, across] = [fromOutput(geo, 0), fromOutput(geo, 1)];
  const rounds = mostTaps(down, across);
  if (rounds > fewTaps) return convToFewChannels(emitter, g, permute(emitter, w, [0, 1, 3, 2]), down, across, shape);
  const kernel = emitter.reshape(w, [taps * c, o]);
  const rows = emitter.reshape(g, [n * places, o]);
  const product = emitter.node("Gemm", [rows, kernel], [n * places, taps * c], {
    transA: 0,
    transB: 1,
  });
  const byTap = emitter.reshape(product, [n, places * taps, c]);
  const tables = tapTables(down, across, geo.output[1], rounds, places * taps);
  const terms = tables.map((table) => gatherRows(emitter, byTap, table));
  const total = terms.reduce((sum, term) => emitter.node("Add", [sum, term], [n, h * width, c]));
  return emitter.reshape(total, shape);
}

export interface Phase {
  /** Taps that reach positions with this remainder. */
  readonly taps: readonly number[];
  /** For each position with this remainder and each tap, the position of g; null outside. */
  readonly sources: AxisSources;
}

/**
 * Positions of the result with the same remainder modulo the stride are reached by the same taps. All phases have the same
 * length.
 */
export function axisPhases(geo: Geometry, axis: 0 | 1): Phase[] {
  const [stride, dilation, padding] = [geo.stride[axis], geo.dilation[axis], geo.padding[axis]];
  const length = Math.ceil(geo.input[axis] / stride);
  return Array.from({ length: stride }, (_, remainder) => {
    const taps = Array.from({ length: geo.kernel[axis] }, (_, tap) => tap).filter(
      (tap) => (remainder + padding - dilation * tap) % stride === 0,
    );
    const sources = Array.from({ length }, (_, j) =>
      taps.map((tap) => {
        const place = (remainder + j * stride + padding - dilation * tap) / stride;
        return place >= 0 && place < geo.output[axis] ? place : null;
      }),
    );
    return { taps, sources };
  });
}

/** One convolution with stride 1 for each pair of remainders, then the rows and columns of these phases are interleaved. */
function emitByPhase(emitter: Emitter, g: Value, w: Value, geo: Geometry, shape: Dims): Value {
  const [n, h, width, c] = shape as [number, number, number, number];
  const [vertical, horizontal] = [axisPhases(geo, 0), axisPhases(geo, 1)];
  const [rows, cols] = [vertical[0]!.sources.length, horizontal[0]!.sources.length];
  const turned = permute(emitter, emitter.reshape(w, [geo.kernel[0] * geo.kernel[1], c, w.shape[3]!]), [0, 2, 1]);
  const lines = vertical.map((down) => {
    const parts = horizontal.map((across) => emitPhase(emitter, g, turned, geo, down, across, c));
    return interleave(emitter, parts, [n * rows, cols, c]);
  });
  const whole = interleave(emitter, lines, [n, rows, cols * horizontal.length * c]);
  const [fullHeight, fullWidth] = [rows * vertical.length, cols * horizontal.length];
  const result = emitter.reshape(whole, [n, fullHeight, fullWidth, c]);
  if (fullHeight === h && fullWidth === width) return result;
  const bounds = [
    [0, 0],
    [h, width],
    [1, 2],
  ].map((bound) => emitter.indices(bound));
  return emitter.node("Slice", [result, ...bounds], shape);
}

function emitPhase(
  emitter: Emitter,
  g: Value,
  turned: Value,
  geo: Geometry,
  down: Phase,
  across: Phase,
  c: number,
): Value {
  const [n, , , o] = g.shape as [number, number, number, number];
  const size = down.sources.length * across.sources.length;
  const taps = down.taps.flatMap((ty) => across.taps.map((tx) => ty * geo.kernel[1] + tx));
  if (taps.length === 0) return emitter.zeros([n * size, c]);
  const indices = emitter.constant(ndarray("int32", [taps.length], Int32Array.from(taps)));
  const kernel = emitter.node("Gather", [turned, indices], [taps.length, o, c], { axis: 0 });
  return emitter.node(
    "MatMul",
    [patches(emitter, g, down.sources, across.sources), emitter.reshape(kernel, [taps.length * o, c])],
    [n * size, c],
  );
}

/** Interleaves several [a, b, c] along the middle axis to [a, b * parts, c]. */
function interleave(emitter: Emitter, parts: readonly Value[], [a, b, c]: readonly [number, number, number]): Value {
  const lined = parts.map((part) => emitter.reshape(part, [a, b, 1, c]));
  const joined = lined.length === 1 ? lined[0]! : emitter.node("Concat", lined, [a, b, lined.length, c], { axis: 2 });
  return emitter.reshape(joined, [a, b * lined.length, c]);
}
