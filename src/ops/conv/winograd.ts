import type { Tensor } from "../../graph/tensor.ts";
import { matmul } from "../linalg/matmul.ts";
import { concat } from "../movement/concat.ts";
import { padAxis } from "../movement/pad.ts";
import { reshape } from "../movement/reshape.ts";
import { slice } from "../movement/slice.ts";
import { transpose } from "../movement/transpose.ts";
import { add } from "../pointwise/add.ts";
import { mul } from "../pointwise/mul.ts";
import { sub } from "../pointwise/sub.ts";
import type { Geometry } from "./geometry.ts";

// Winograd's minimal filtering F(2, r): two neighbouring outputs of r taps from r + 1 multiplications instead of 2 r,
//   y = A' [(G w) * (B' x)],
// along both axes. With a stride s and r s taps, the s phases of an image are channels of a convolution with r taps and stride 1.
// The gradients are the transposes of the same bilinear form, so all three share the transforms of image, kernel and gradient:
//   dx = B [(G w) * (A g)],  dw = G' [(B' x) * (A g)].

/** A matrix, row by row. */
type Matrix = readonly (readonly number[])[];

interface Algorithm {
  /** B', with a row for each product and a column for each input. */
  readonly input: Matrix;
  /** G, with a row for each product and a column for each tap. */
  readonly kernel: Matrix;
  /** A', with a row for each of the two outputs. */
  readonly output: Matrix;
}

/**
 * By taps. All factors are powers of 2, so that the transforms round only where they add.
 * @source Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016), section 4.1.
 */
const algorithms: Readonly<Record<number, Algorithm>> = {
  2: {
    input: [
      [1, -1, 0],
      [0, 1, 0],
      [0, -1, 1],
    ],
    kernel: [
      [1, 0],
      [1, 1],
      [0, 1],
    ],
    output: [
      [1, 1, 0],
      [0, 1, 1],
    ],
  },
  3: {
    input: [
      [1, 0, -1, 0],
      [0, 1, 1, 0],
      [0, -1, 1, 0],
      [0, -1, 0, 1],
    ],
    kernel: [
      [1, 0, 0],
      [0.5, 0.5, 0.5],
      [0.5, -0.5, 0.5],
      [0, 0, 1],
    ],
    output: [
      [1, 1, 1, 0],
      [0, 1, -1, 1],
    ],
  },
};

/** With fewer channels on either side, the transforms take as much time as they save. */
const fewestChannels = 16;
/** The largest share of a convolution's multiplications for which the transforms pay. */
const largestShare = 0.7;

/** One axis of a convolution. */
interface Axis extends Algorithm {
  readonly stride: number;
  readonly padding: number;
  /** Extents of both sides. */
  readonly wide: number;
  readonly narrow: number;
  /** Number of pairs of outputs. */
  readonly tiles: number;
}

export type Winograd = readonly [down: Axis, across: Axis];

/** How a convolution from c to o channels is computed in fewer multiplications; null where that does not pay. */
export function winograd(geo: Geometry, c: number, o: number): Winograd | null {
  if (Math.min(c, o) < fewestChannels) return null;
  const [down, across] = [axisOf(geo, 0), axisOf(geo, 1)];
  if (down === null || across === null) return null;
  return shareOf(down) * shareOf(across) <= largestShare ? [down, across] : null;
}

function axisOf(geo: Geometry, axis: 0 | 1): Axis | null {
  const [stride, narrow] = [geo.stride[axis], geo.output[axis]];
  const algorithm = algorithms[geo.kernel[axis] / stride];
  if (algorithm === undefined || geo.dilation[axis] !== 1) return null;
  const tiles = Math.ceil(narrow / 2);
  return { ...algorithm, stride, narrow, tiles, wide: geo.input[axis], padding: geo.padding[axis]! };
}

/** The adjoint of a convolution of stride 1 along an axis, as a convolution of the other side. */
function mirrored(axis: Axis): Axis {
  const { wide, narrow, kernel, padding } = axis;
  return {
    ...axis,
    wide: narrow,
    narrow: wide,
    tiles: Math.ceil(wide / 2),
    padding: kernel[0]!.length - 1 - padding,
  };
}

/** Multiplications, as a share of those of the plain sum. */
function shareOf({ kernel, tiles, narrow }: Axis): number {
  return (kernel.length * tiles) / (kernel[0]!.length * narrow);
}

/** The convolution of x [n, h, w, c] with w [kh, kw, c, o]: [n, h', w', o]. */
export function winogradConv(x: Tensor, w: Tensor, axes: Winograd): Tensor {
  return convolved(x, tapsOf(w, axes), axes);
}

function convolved(x: Tensor, taps: readonly (readonly Tensor[])[], axes: Winograd): Tensor {
  const [down, across] = axes;
  const [n, o] = [x.shape[0] as number, taps[0]![0]!.shape[3] as number];
  const product = matmul(ofImage(x, axes), ofKernel(taps, axes));
  const products = gridOf(product, axes, [n, down.tiles, 1, across.tiles, 1, o]);
  const lines = down.output.map((row) =>
    concat(
      across.output.map((column) => weighted(products, row, column)),
      4,
    ),
  );
  const y = reshape(concat(lines, 2), [n, 2 * down.tiles, 2 * across.tiles, o]);
  return slice(slice(y, 1, 0, down.narrow), 2, 0, across.narrow);
}

/** Its adjoint with respect to x: g [n, h', w', o] with w [kh, kw, c, o] to [n, h, w, c]. */
export function winogradTranspose(g: Tensor, w: Tensor, axes: Winograd): Tensor {
  const [down, across] = axes;
  const [n, c] = [g.shape[0] as number, w.shape[2] as number];
  const taps = tapsOf(w, axes);
  if (axes.every(({ stride, padding, kernel }) => stride === 1 && padding < kernel[0]!.length)) {
    // With a stride of 1 it is a convolution with the kernel turned around, whose tiles do not overlap.
    const turned = taps.toReversed().map((line) => line.toReversed().map((tap) => transpose(tap, [0, 1, 3, 2])));
    return convolved(g, turned, [mirrored(down), mirrored(across)]);
  }
  const product = matmul(ofGradient(g, axes), ofKernel(taps, axes), { transposeB: true });
  const products = gridOf(product, axes, [n, down.tiles, across.tiles, down.stride, across.stride, c]);
  const lines = products.map((row) => {
    const parts = row.map((part) => transpose(part, [0, 1, 3, 2, 4, 5]));
    const columns = reshape(overlapped(parts, across, 3), [n, down.tiles, down.stride, extentOf(across), c]);
    return trimmed(columns, 3, across);
  });
  const rows = reshape(overlapped(lines, down, 1), [n, extentOf(down), across.wide, c]);
  return trimmed(rows, 1, down);
}

/** Its adjoint with respect to w: x [n, h, w, c] and g [n, h', w', o] to [kh, kw, c, o]. */
export function winogradWeightGrad(x: Tensor, g: Tensor, axes: Winograd): Tensor {
  const [down, across] = axes;
  const [c, o] = [x.shape[3] as number, g.shape[3] as number];
  const product = matmul(ofImage(x, axes), ofGradient(g, axes), { transposeA: true });
  const products = gridOf(product, axes, [down.stride, 1, across.stride, c, o]);
  const [lines, columns] = [transposed(down.kernel), transposed(across.kernel)];
  const parts = lines.map((row) =>
    concat(
      columns.map((column) => weighted(products, row, column)),
      1,
    ),
  );
  return reshape(concat(parts, 0), [lines.length * down.stride, columns.length * across.stride, c, o]);
}

/** B' x: for each product all tiles, with the phases as channels, [products, n * tiles, stride * stride * c]. */
function ofImage(x: Tensor, [down, across]: Winograd): Tensor {
  const [n, c] = [x.shape[0] as number, x.shape[3] as number];
  const whole = [down, across].reduce((image, axis, i) => {
    const used = Math.min(axis.wide, extentOf(axis) - axis.padding);
    const rest = extentOf(axis) - axis.padding - used;
    return padAxis(slice(image, i + 1, 0, used), i + 1, axis.padding, rest);
  }, x);
  const pairs = reshape(whole, [n, down.tiles + 1, 2, down.stride, across.tiles + 1, 2, across.stride, c]);
  // Input i of tile t is number 2 t + i: of the same pair, or of the next.
  const inputs = (from: Tensor, { tiles, input }: Axis, axis: number) =>
    input[0]!.map((_, i) => slice(slice(from, axis, i >> 1, (i >> 1) + tiles), axis + 1, i & 1, (i & 1) + 1));
  const shape = [n, down.tiles, down.stride, across.tiles, across.stride, c];
  const grid = inputs(pairs, down, 1).map((line) =>
    inputs(line, across, 4).map((one) => transpose(reshape(one, shape), [0, 1, 3, 2, 4, 5])),
  );
  const channels = down.stride * across.stride * c;
  return stacked(grid, down.input, across.input, [n * down.tiles * across.tiles, channels]);
}

/** The kernel of each tap, down and across, of all phases: [stride, stride, c, o]. */
function tapsOf(w: Tensor, [down, across]: Winograd): Tensor[][] {
  const [c, o] = w.shape.slice(2) as [number, number];
  const [rows, columns] = [down.kernel[0]!.length, across.kernel[0]!.length];
  const taps = reshape(w, [rows, down.stride, columns, across.stride, c, o]);
  return slices(taps, 0).map((line) => slices(line, 2).map((tap) => reshape(tap, [down.stride, across.stride, c, o])));
}

/** G w: for each product the kernel of all phases, [products, stride * stride * c, o]. */
function ofKernel(taps: readonly (readonly Tensor[])[], [down, across]: Winograd): Tensor {
  const [rows, columns, c, o] = taps[0]![0]!.shape as [number, number, number, number];
  return stacked(taps, down.kernel, across.kernel, [rows * columns * c, o]);
}

/** A g: for each product the gradients of all tiles, [products, n * tiles, o]. */
function ofGradient(g: Tensor, [down, across]: Winograd): Tensor {
  const [n, o] = [g.shape[0] as number, g.shape[3] as number];
  const whole = [down, across].reduce((image, { narrow, tiles }, i) => padAxis(image, i + 1, 0, 2 * tiles - narrow), g);
  const pairs = reshape(whole, [n, down.tiles, 2, across.tiles, 2, o]);
  const grid = slices(pairs, 2).map((line) =>
    slices(line, 4).map((one) => reshape(one, [n, down.tiles, across.tiles, o])),
  );
  const matrices = [transposed(down.output), transposed(across.output)] as const;
  return stacked(grid, ...matrices, [n * down.tiles * across.tiles, o]);
}

/** For each pair of rows of two matrices the weighted sum of a grid of tensors, as matrices of a shape. */
function stacked(
  grid: readonly (readonly Tensor[])[],
  down: Matrix,
  across: Matrix,
  [rows, columns]: readonly [number, number],
): Tensor {
  const parts = down.flatMap((row) =>
    across.map((column) => {
      const sum = weighted(grid, row, column);
      return reshape(sum, [1, ...sum.shape]);
    }),
  );
  return reshape(concat(parts, 0), [parts.length, rows, columns]);
}

/** The products of a stack, down and across, in a shape. */
function gridOf(stack: Tensor, [down, across]: Winograd, shape: readonly number[]): Tensor[][] {
  const parts = slices(stack, 0).map((part) => reshape(part, shape));
  const width = across.kernel.length;
  return down.kernel.map((_, i) => parts.slice(i * width, (i + 1) * width));
}

/** Tiles along an axis as pairs of places, where each reaches into the next: [..., tiles, ...] to [..., tiles + 1, 2, ...]. */
function overlapped(parts: readonly Tensor[], { input, tiles }: Axis, axis: number): Tensor {
  const factors = transposed(input);
  const term = (place: number, from: number, to: number) =>
    sumOf(
      factors[place]!,
      parts.map((part) => slice(part, axis, from, to)),
    );
  const places = [0, 1].map((place) => {
    const next = place + 2;
    const whole =
      next >= factors.length
        ? padAxis(term(place, 0, tiles), axis, 0, 1)
        : concat(
            [
              term(place, 0, 1),
              ...(tiles > 1 ? [add(term(place, 1, tiles), term(next, 0, tiles - 1))] : []),
              term(next, tiles - 1, tiles),
            ],
            axis,
          );
    return reshape(whole, whole.shape.toSpliced(axis + 1, 0, 1));
  });
  return concat(places, axis + 1);
}

/** The extent of an axis of the image with padding, in whole tiles. */
function extentOf({ tiles, stride }: Axis): number {
  return 2 * (tiles + 1) * stride;
}

/** The image without its padding, with zeros where no output reaches. */
function trimmed(x: Tensor, at: number, axis: Axis): Tensor {
  const used = Math.min(axis.wide, extentOf(axis) - axis.padding);
  return padAxis(slice(x, at, axis.padding, axis.padding + used), at, 0, axis.wide - used);
}

function weighted(grid: readonly (readonly Tensor[])[], row: readonly number[], column: readonly number[]): Tensor {
  return sumOf(
    row,
    grid.map((line, i) => (row[i] === 0 ? line[0]! : sumOf(column, line))),
  );
}

/** The sum of tensors times factors, at least one of which is positive. */
function sumOf(factors: readonly number[], tensors: readonly Tensor[]): Tensor {
  const terms = factors.flatMap((factor, i) => (factor === 0 ? [] : [{ factor, x: tensors[i]! }]));
  const scaled = ({ factor, x }: (typeof terms)[number]) => (Math.abs(factor) === 1 ? x : mul(x, Math.abs(factor)));
  const first = terms.findIndex(({ factor }) => factor > 0);
  const rest = terms.filter((_, i) => i !== first);
  return rest.reduce(
    (sum, term) => (term.factor > 0 ? add(sum, scaled(term)) : sub(sum, scaled(term))),
    scaled(terms[first]!),
  );
}

function slices(x: Tensor, axis: number): Tensor[] {
  return Array.from({ length: x.shape[axis] as number }, (_, i) => slice(x, axis, i, i + 1));
}

function transposed(matrix: Matrix): Matrix {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}
