import { type Shape, gatherStrided, ndarray, sizeOf, stridesOf } from "../../base/ndarray.ts";
import { type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { type View, reshapeView, sliceView, stepView } from "../../graph/view.ts";

/** A matrix, row by row. */
export type Matrix = readonly (readonly number[])[];

/** One axis of a grid of parts of a tensor, and of the grid of their weighted sums. */
export interface GridAxis {
  /** The axis of the tensor along which parts are taken. */
  readonly axis: number;
  /** Where each part begins. */
  readonly starts: readonly number[];
  /** Distance between neighbouring elements of a part; 1 unless given. */
  readonly step?: number;
  /** Number of elements of a part along the axis; 1 unless given. */
  readonly count?: number;
  /** A row for each sum, a column for each part. One factor of a row at least is positive. */
  readonly factors: Matrix;
  /** The axis of the result along which the sums are. */
  readonly to: number;
}

interface Grid extends Record<string, unknown> {
  readonly down: GridAxis;
  /** Comes after the other axis in the result. */
  readonly across: GridAxis;
}

/** Kernels compute all sums in one pass, which loads each part once. */
const gridSumsOp = defineOp<Grid>({
  name: "gridSums",
  infer: ([x], { down, across }) => ({
    shape: partShape(x!.shape as Shape, down, across)
      .toSpliced(down.to, 0, down.factors.length)
      .toSpliced(across.to, 0, across.factors.length),
    dtype: "float32",
  }),
  evaluate: ([x], { down, across }, shape) => {
    const from = ndarray("float64", [x!.data.length], x!.data);
    const own = partShape(x!.shape, down, across);
    const strides = stridesOf(x!.shape);
    const steps = strides.map((stride, i) => stride * ([down, across].find(({ axis }) => axis === i)?.step ?? 1));
    const parts = down.starts.map((top) =>
      across.starts.map((left) => {
        const offset = top * strides[down.axis]! + left * strides[across.axis]!;
        return gatherStrided(from, own, steps, offset).data;
      }),
    );
    const out = new Float64Array(sizeOf(shape));
    const indices = ndarray("int32", [out.length], Int32Array.from(out.keys()));
    const [pitch, kept] = [stridesOf(shape), own.map((_, i) => i + (i >= down.to ? 1 : 0))];
    const places = kept.map((i) => pitch[i + (i >= across.to ? 1 : 0)]!);
    sumsOf(parts, down, across, {
      add: (a, b) => a.map((value, i) => value + b[i]!),
      sub: (a, b) => a.map((value, i) => value - b[i]!),
      scale: (values, factor) => values.map((value) => value * factor),
    }).forEach((sum, k) => {
      const [i, j] = [Math.floor(k / across.factors.length), k % across.factors.length];
      const offset = i * pitch[down.to]! + j * pitch[across.to]!;
      const to = gatherStrided(indices, own, places, offset).data;
      sum.forEach((value, e) => (out[to[e]!] = value));
    });
    return out;
  },
  gradient: "none",
  emit: () => {
    throw new TypeError(
      "gridSums: it is part of the kernels' form of convolutions, which have an ONNX form of their own",
    );
  },
  kernel: {
    parts: {
      reads: (x, { down, across }) =>
        down.starts.flatMap((top) => {
          const line = stepView(x, down.axis, top, down.step ?? 1, down.count ?? 1);
          return across.starts.map((left) => stepView(line, across.axis, left, across.step ?? 1, across.count ?? 1));
        }),
      compute: (k, parts, { down, across }) => {
        const width = across.starts.length;
        const grid = down.starts.map((_, i) => parts.slice(i * width, (i + 1) * width));
        return sumsOf(grid, down, across, {
          add: (a, b) => k.add(a, b),
          sub: (a, b) => k.sub(a, b),
          scale: (x, factor) => k.mul(x, k.number(factor)),
        });
      },
      writes: (y, { down, across }) =>
        down.factors.flatMap((_, i) => {
          const line = itemView(y, down.to, i);
          return across.factors.map((__, j) => itemView(line, across.to - 1, j));
        }),
    },
  },
});

/**
 * For each pair of rows of two matrices the weighted sum of a grid of parts of x: x [..., a, ..., b, ...] to the shape of a
 * part [..., count, ..., count, ...] with an axis of sums inserted for each matrix. Without a gradient: convolutions for
 * kernels are composed of it.
 */
export function gridSums(x: Tensor, down: GridAxis, across: GridAxis): Tensor {
  return apply(gridSumsOp, [x], { down, across });
}

function partShape(shape: Shape, down: GridAxis, across: GridAxis): number[] {
  return shape.map((extent, i) => {
    const own = [down, across].find(({ axis }) => axis === i);
    return own === undefined ? extent : (own.count ?? 1);
  });
}

interface Sums<T> {
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  scale(x: T, factor: number): T;
}

function sumsOf<T>(grid: readonly (readonly T[])[], down: GridAxis, across: GridAxis, k: Sums<T>): T[] {
  const lines = across.factors.map((row) => grid.map((line) => sumOf(line, row, k)));
  return down.factors.flatMap((row) => lines.map((line) => sumOf(line, row, k)));
}

/** The sum of parts times factors, at least one of which is positive. */
export function sumOf<T>(parts: readonly T[], factors: readonly number[], k: Sums<T>): T {
  const terms = factors.flatMap((factor, i) => (factor === 0 ? [] : [{ factor, x: parts[i]! }]));
  const scaled = ({ factor, x }: (typeof terms)[number]) => (Math.abs(factor) === 1 ? x : k.scale(x, Math.abs(factor)));
  const first = terms.findIndex(({ factor }) => factor > 0);
  const rest = terms.filter((_, i) => i !== first);
  return rest.reduce(
    (sum, term) => (term.factor > 0 ? k.add(sum, scaled(term)) : k.sub(sum, scaled(term))),
    scaled(terms[first]!),
  );
}

/** Item i along an axis, which is left out. */
function itemView(view: View, axis: number, i: number): View {
  const item = sliceView(view, axis, i, i + 1);
  return reshapeView(item, item.shape.toSpliced(axis, 1))!;
}
