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
import { type Matrix, gridSums, sumOf } from "./grid-sums.ts";

// Winograd's minimal filtering F(2, r): two neighbouring outputs of r taps from r + 1 multiplications instead of 2 r,
//   y = A' [(G w) * (B' x)],
// along both axes. With a stride s and r s taps, the s phases of an image are channels of a convolution with r taps and stride 1.
// The gradients are the transposes of the same bilinear form, so all three share the transforms of image, kernel and gradient:
//   dx = B [(G w) * (A g)],  dw = G' [(B' x) * (A g)].

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
/** The largest share of a convolution's multiplications for which the transforms pay off. */
const largestShare = 0.75;

/** One axis of a convolution. */
interface Axis extends Algorithm {
  readonly stride: number;
  readonly padding: number;
  /** Extents of the convolution's input and output. */
  readonly inputExtent: number;
  readonly outputExtent: number;
  /** Number of pairs of outputs. */
  readonly tiles: number;
}

export type Winograd = readonly [down: Axis, across: Axis];

/** How a convolution from c to o channels is computed in fewer multiplications; null where that does not pay off. */
export function winograd(geo: Geometry, c: number, o: number): Winograd | null {
  if (Math.min(c, o) < fewestChannels) return null;
  const [down, across] = [axisOf(geo, 0), axisOf(geo, 1)];
  if (down === null || across === null) return null;
  return shareOf(down) * shareOf(across) <= largestShare ? [down, across] : null;
}

function axisOf(geo: Geometry, axis: 0 | 1): Axis | null {
  const [stride, outputExtent] = [geo.stride[axis], geo.output[axis]];
  const algorithm = algorithms[geo.kernel[axis] / stride];
  if (algorithm === undefined || geo.dilation[axis] !== 1) return null;
  const tiles = Math.ceil(outputExtent / 2);
  return { ...algorithm, stride, outputExtent, tiles, inputExtent: geo.input[axis], padding: geo.padding[axis]! };
}

/**
 * One axis of the adjoint, computed as a convolution with stride 1: its input is the gradient of the original output, and its
 * outputs are the places of each phase that overlap the image. Null if no tap reaches the first of these places.
 */
function mirrored(axis: Axis): Axis | null {
  const { stride, inputExtent, outputExtent, kernel, padding } = axis;
  const [first, end] = [Math.floor(padding / stride), Math.ceil((padding + inputExtent) / stride)];
  const taps = kernel[0]!.length;
  if (first >= taps) return null;
  const tiles = Math.ceil((end - first) / 2);
  return { ...axis, stride: 1, inputExtent: outputExtent, outputExtent: end - first, tiles, padding: taps - 1 - first };
}

/** Multiplications, as a share of those of direct convolution. */
function shareOf({ kernel, tiles, outputExtent }: Axis): number {
  return (kernel.length * tiles) / (kernel[0]!.length * outputExtent);
}

/** The convolution of x [n, h, w, c] with w [kh, kw, c, o]: [n, h', w', o]. */
export function winogradConv(x: Tensor, w: Tensor, axes: Winograd): Tensor {
  return convolved(x, ofKernel(tapsOf(w, axes), axes), axes);
}

/** @param kernel The transformed kernel. */
function convolved(x: Tensor, kernel: Tensor, axes: Winograd): Tensor {
  const [down, across] = axes;
  const [n, o] = [x.shape[0] as number, kernel.shape[2] as number];
  const products = gridOf(matmul(ofImage(x, axes), kernel), axes, [n, down.tiles, across.tiles, o]);
  const sums = gridSums(products, { ...whole(down.output, 0), to: 4 }, { ...whole(across.output, 1), to: 6 });
  const y = reshape(sums, [n, 2 * down.tiles, 2 * across.tiles, o]);
  return slice(slice(y, 1, 0, down.outputExtent), 2, 0, across.outputExtent);
}

/** Its adjoint with respect to x: g [n, h', w', o] with w [kh, kw, c, o] to [n, h, w, c]. */
export function winogradTranspose(g: Tensor, w: Tensor, axes: Winograd): Tensor {
  const [down, across] = axes;
  const [n, c] = [g.shape[0] as number, w.shape[2] as number];
  const taps = tapsOf(w, axes);
  const [rows, columns] = [mirrored(down), mirrored(across)];
  // With a stride of 1, or where this takes no more tiles, the adjoint is computed as a convolution with the flipped kernel, whose
  // output channels are the phases: its output tiles do not overlap.
  if (rows !== null && columns !== null && isNoLarger(rows, down) && isNoLarger(columns, across)) {
    const [tall, wide] = taps.shape as [number, number];
    const phases = down.stride * across.stride * c;
    const turned = reshape(transpose(taps, [0, 1, 5, 2, 3, 4]), [tall, wide, 1, 1, w.shape[3] as number, phases]);
    const y = convolved(g, ofKernel(turned, axes, true), [rows, columns]);
    return interleaved(y, axes, [rows, columns]);
  }
  const product = matmul(ofGradient(g, axes), ofKernel(taps, axes), { transposeB: true });
  const products = slices(gridOf(product, axes, [n, down.tiles, across.tiles, down.stride, across.stride, c]), 0);
  const lines = products.map((row) => {
    const parts = slices(row, 1).map((part) =>
      transpose(reshape(part, part.shape.slice(2) as number[]), [0, 1, 3, 2, 4, 5]),
    );
    const columns = reshape(overlapped(parts, across, 3), [n, down.tiles, down.stride, extentOf(across), c]);
    return trimmed(columns, 3, across);
  });
  const image = reshape(overlapped(lines, down, 1), [n, extentOf(down), across.inputExtent, c]);
  return trimmed(image, 1, down);
}

function isNoLarger(own: Axis, axis: Axis): boolean {
  return axis.stride === 1 || own.tiles <= axis.tiles;
}

/** An image whose phases are channels of y. @param own The axes of y. */
function interleaved(y: Tensor, axes: Winograd, own: Winograd): Tensor {
  const n = y.shape[0] as number;
  const [tall, wide] = own.map(({ outputExtent }) => outputExtent) as [number, number];
  const [down, across] = axes.map(({ stride }) => stride) as [number, number];
  const phases = transpose(reshape(y, [n, tall, wide, down, across, -1]), [0, 1, 3, 2, 4, 5]);
  const image = reshape(phases, [n, tall * down, wide * across, -1]);
  return axes.reduce((part, { padding, stride, inputExtent }, i) => {
    const start = padding % stride;
    return slice(part, i + 1, start, start + inputExtent);
  }, image);
}

/** Its adjoint with respect to w: x [n, h, w, c] and g [n, h', w', o] to [kh, kw, c, o]. */
export function winogradWeightGrad(x: Tensor, g: Tensor, axes: Winograd): Tensor {
  const [down, across] = axes;
  const [c, o] = [x.shape[3] as number, g.shape[3] as number];
  const product = matmul(ofImage(x, axes), ofGradient(g, axes), { transposeA: true });
  const products = gridOf(product, axes, [down.stride, across.stride, c, o]);
  const [lines, columns] = [transposed(down.kernel), transposed(across.kernel)];
  const taps = gridSums(products, { ...whole(lines, 0), to: 2 }, { ...whole(columns, 1), to: 4 });
  return reshape(taps, [lines.length * down.stride, columns.length * across.stride, c, o]);
}

/** B' x: for each product all tiles, with the phases as channels, [products, n * tiles, stride * stride * c]. */
function ofImage(x: Tensor, [down, across]: Winograd): Tensor {
  const [n, c] = [x.shape[0] as number, x.shape[3] as number];
  const padded = [down, across].reduce((image, axis, i) => {
    const used = Math.min(axis.inputExtent, extentOf(axis) - axis.padding);
    const rest = extentOf(axis) - axis.padding - used;
    return padAxis(slice(image, i + 1, 0, used), i + 1, axis.padding, rest);
  }, x);
  const phases = reshape(padded, [n, 2 * down.tiles + 2, down.stride, 2 * across.tiles + 2, across.stride, c]);
  const tiled = ({ input, tiles }: Axis, axis: number) => ({ ...whole(input, axis), step: 2, count: tiles });
  const sums = gridSums(
    transpose(phases, [0, 1, 3, 2, 4, 5]),
    { ...tiled(down, 1), to: 0 },
    { ...tiled(across, 2), to: 1 },
  );
  return stacked(sums, n * down.tiles * across.tiles);
}

/** The kernel of each tap, down and across, of all phases: [rows, columns, stride, stride, c, o]. */
function tapsOf(w: Tensor, [down, across]: Winograd): Tensor {
  const [c, o] = w.shape.slice(2) as [number, number];
  const [rows, columns] = [down.kernel[0]!.length, across.kernel[0]!.length];
  const taps = reshape(w, [rows, down.stride, columns, across.stride, c, o]);
  return transpose(taps, [0, 2, 1, 3, 4, 5]);
}

/** G w: for each product the kernel of all phases, [products, stride * stride * c, o]. @param turned Whether taps are in reverse. */
function ofKernel(taps: Tensor, [down, across]: Winograd, turned = false): Tensor {
  const own = ({ kernel }: Axis, axis: number) => {
    const grid = whole(kernel, axis);
    return turned ? { ...grid, starts: grid.starts.toReversed() } : grid;
  };
  const sums = gridSums(taps, { ...own(down, 0), to: 0 }, { ...own(across, 1), to: 1 });
  const [rows, columns, c] = taps.shape.slice(2) as [number, number, number];
  return stacked(sums, rows * columns * c);
}

/** A g: for each product the gradients of all tiles, [products, n * tiles, o]. */
function ofGradient(g: Tensor, [down, across]: Winograd): Tensor {
  const n = g.shape[0] as number;
  const padded = [down, across].reduce(
    (image, { outputExtent, tiles }, i) => padAxis(image, i + 1, 0, 2 * tiles - outputExtent),
    g,
  );
  const tiled = ({ output, tiles }: Axis, axis: number) => ({
    ...whole(transposed(output), axis),
    step: 2,
    count: tiles,
  });
  const sums = gridSums(padded, { ...tiled(down, 1), to: 0 }, { ...tiled(across, 2), to: 1 });
  return stacked(sums, n * down.tiles * across.tiles);
}

/** For a matrix that is applied along an axis: its column i belongs to index i of the axis. */
function whole(factors: Matrix, axis: number): { axis: number; starts: number[]; factors: Matrix } {
  return { axis, starts: factors[0]!.map((_, i) => i), factors };
}

/** Sums [down, across, ...] as matrices with a number of rows. */
function stacked(sums: Tensor, rows: number): Tensor {
  const [down, across] = sums.shape as [number, number];
  return reshape(sums, [down * across, rows, -1]);
}

/** A stack of products as a grid, down and across, of tensors of a shape. */
function gridOf(stack: Tensor, [down, across]: Winograd, shape: readonly number[]): Tensor {
  return reshape(stack, [down.kernel.length, across.kernel.length, ...shape]);
}

/** Tiles along an axis as pairs of places, where each reaches into the next: [..., tiles, ...] to [..., tiles + 1, 2, ...]. */
function overlapped(parts: readonly Tensor[], { input, tiles }: Axis, axis: number): Tensor {
  const factors = transposed(input);
  const term = (place: number, from: number, to: number) =>
    sumOf<Tensor>(
      parts.map((part) => slice(part, axis, from, to)),
      factors[place]!,
      { add, sub, scale: mul },
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
  const used = Math.min(axis.inputExtent, extentOf(axis) - axis.padding);
  return padAxis(slice(x, at, axis.padding, axis.padding + used), at, 0, axis.inputExtent - used);
}

function slices(x: Tensor, axis: number): Tensor[] {
  return Array.from({ length: x.shape[axis] as number }, (_, i) => slice(x, axis, i, i + 1));
}

function transposed(matrix: Matrix): Matrix {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}
