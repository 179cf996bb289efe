import { ShapeError } from "../../base/errors.ts";
import { type Shape, formatShape } from "../../base/ndarray.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { requireFloat } from "../pointwise/pointwise.ts";

/** A number for both axes, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

export interface ConvOptions {
  readonly stride?: Pair;
  /** Zeros around the input: one number, [vertical, horizontal], or [top, left, bottom, right]. */
  readonly padding?: Pair | readonly [number, number, number, number];
  readonly dilation?: Pair;
  readonly groups?: number;
}

/**
 * How the positions of a convolution's input and output correspond: along each axis, output position o and kernel tap t
 * read input position o * stride - padding + t * dilation.
 */
export interface Geometry extends Record<string, unknown> {
  /** Height and width of the convolution's input (the output of a transposed convolution). */
  readonly input: readonly [number, number];
  /** Height and width of the convolution's output (the input of a transposed convolution). */
  readonly output: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly padding: readonly [number, number, number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

export function pair(value: Pair): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}

function sides(padding: NonNullable<ConvOptions["padding"]>): readonly [number, number, number, number] {
  if (typeof padding !== "number" && padding.length === 4) return padding;
  const [vertical, horizontal] = pair(padding as Pair);
  return [vertical, horizontal, vertical, horizontal];
}

/** The geometry of a convolution of images of this size. @throws ShapeError when the kernel does not fit. */
export function geometry(
  input: readonly [number, number],
  kernel: readonly [number, number],
  options: ConvOptions,
  where: string,
): Geometry {
  const [stride, dilation] = [pair(options.stride ?? 1), pair(options.dilation ?? 1)];
  const padding = sides(options.padding ?? 0);
  requireWhole("stride", stride, 1, where);
  requireWhole("dilation", dilation, 1, where);
  requireWhole("padding", padding, 0, where);
  const output = ([0, 1] as const).map((axis) => {
    const room = input[axis] + padding[axis] + padding[axis + 2]! - dilation[axis] * (kernel[axis] - 1) - 1;
    if (room < 0) {
      throw new ShapeError(
        `${where}: kernel ${formatShape(kernel)} must fit in the padded input ${formatShape(input)}`,
        "use a smaller kernel, more padding or larger images",
      );
    }
    return Math.floor(room / stride[axis]) + 1;
  }) as [number, number];
  return { input, output, kernel, stride, padding, dilation, groups: options.groups ?? 1 };
}

function requireWhole(name: string, values: readonly number[], least: number, where: string): void {
  if (values.some((value) => !Number.isInteger(value) || value < least)) {
    throw new ShapeError(`${where}: ${name} must be whole numbers of at least ${least} - got ${formatShape(values)}`);
  }
}

/** Height and width of [n, h, w, c]. @throws ShapeError unless x has that form. */
export function imageSize(x: Tensor, where: string): readonly [number, number] {
  const [, height, width, channels] = x.shape;
  if (x.shape.length !== 4 || typeof height !== "number" || typeof width !== "number" || typeof channels !== "number") {
    throw new ShapeError(`${where}: needs images [n, h, w, c] - got ${formatShape(x.shape)}`);
  }
  return [height, width];
}

/** @throws ShapeError unless channels, kernel [kh, kw, inputs / groups, outputs] and groups agree. */
export function requireKernel(x: Tensor, kernel: Tensor, inputs: number, groups: number, where: string): void {
  for (const side of [x, kernel]) requireFloat(side, where);
  requireWhole("groups", [groups], 1, where);
  if (inputs % groups !== 0) {
    throw new ShapeError(`${where}: ${groups} groups must divide the channels - got ${inputs}`);
  }
  const [, , perGroup, outputs] = kernel.shape;
  if (kernel.shape.length !== 4 || perGroup !== inputs / groups || (outputs as number) % groups !== 0) {
    throw new ShapeError(
      `${where}: ${inputs} channels in ${groups} group(s) need a kernel [kh, kw, ${inputs / groups}, multiple of ${groups}] - got ${formatShape(kernel.shape)} for images ${formatShape(x.shape)}`,
    );
  }
}

/** Calls `body` for every tap of every output position, with the input position that it reads; padding is left out. */
function forEachTap(geo: Geometry, body: (input: number, output: number, tap: number) => void): void {
  for (let oy = 0; oy < geo.output[0]; oy++) {
    for (let ox = 0; ox < geo.output[1]; ox++) {
      for (let ty = 0; ty < geo.kernel[0]; ty++) {
        const iy = oy * geo.stride[0] - geo.padding[0] + ty * geo.dilation[0];
        if (iy < 0 || iy >= geo.input[0]) continue;
        for (let tx = 0; tx < geo.kernel[1]; tx++) {
          const ix = ox * geo.stride[1] - geo.padding[1] + tx * geo.dilation[1];
          if (ix < 0 || ix >= geo.input[1]) continue;
          body(iy * geo.input[1] + ix, oy * geo.output[1] + ox, ty * geo.kernel[1] + tx);
        }
      }
    }
  }
}

/**
 * Calls `body` for every product x[n, i, c] * w[t, c, o] * g[n, p, o] of the trilinear form that a convolution and its
 * two adjoints share, with the flat positions of the three. The shape holds the numbers of images, input channels and output channels.
 */
export function forEachProduct(
  geo: Geometry,
  [batch, inputs, outputs]: Shape,
  body: (x: number, w: number, g: number) => void,
): void {
  const [c, o] = [inputs! / geo.groups, outputs! / geo.groups];
  const [inputSize, outputSize] = [geo.input[0] * geo.input[1], geo.output[0] * geo.output[1]];
  for (let n = 0; n < batch!; n++) {
    forEachTap(geo, (from, to, tap) => {
      const x = (n * inputSize + from) * inputs!;
      const g = (n * outputSize + to) * outputs!;
      for (let group = 0; group < geo.groups; group++) {
        for (let i = 0; i < c; i++) {
          const w = (tap * c + i) * outputs! + group * o;
          for (let j = 0; j < o; j++) body(x + group * c + i, w + j, g + group * o + j);
        }
      }
    });
  }
}

export function flopsOf(geo: Geometry, batch: unknown, inputs: number, outputs: number): number {
  const places = geo.output[0] * geo.output[1] * geo.kernel[0] * geo.kernel[1];
  return (2 * (typeof batch === "number" ? batch : 1) * places * inputs * outputs) / geo.groups;
}
