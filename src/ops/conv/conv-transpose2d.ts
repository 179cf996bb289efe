import { ShapeError } from "../../base/errors.ts";
import { formatShape } from "../../base/ndarray.ts";
import { minOf } from "../../base/many.ts";
import { type Op, type Tensor, apply, defineOp, staticDim } from "../../graph/tensor.ts";
import { composeTranspose } from "./composite.ts";
import { convOp } from "./conv2d.ts";
import { convWeightGradOp } from "./conv-weight-grad.ts";
import {
  type ConvOptions,
  type Geometry,
  type Pair,
  flopsOf,
  forEachProduct,
  geometry,
  imageSize,
  pair,
  requireKernel,
} from "./geometry.ts";
import { byGroup, portableTranspose } from "./lowering.ts";
import { emitTranspose } from "./transpose-lowering.ts";

/** The adjoint of a convolution with respect to its input; its geometry is that of the convolution. */
export const convTransposeOp: Op<Geometry> = defineOp<Geometry>({
  name: "convTranspose2d",
  infer: ([g, w], { input, groups }) => ({
    shape: [g!.shape[0]!, ...input, (w!.shape[2] as number) * groups],
    dtype: "float32",
  }),
  evaluate: ([g, w], geo, shape) => {
    const out = new Float64Array(shape.reduce((size, extent) => size * extent, 1));
    forEachProduct(geo, [shape[0]!, shape[3]!, g!.shape[3]!], (to, j, i) => {
      out[to]! += g!.data[i]! * w!.data[j]!;
    });
    return out;
  },
  gradient: (h, [g, w], geo) => [apply(convOp, [h, w!], geo), apply(convWeightGradOp, [h, g!], geo)],
  emit: (emitter, [g, w], geo, y) => {
    if (emitter.target === "portable") return portableTranspose(emitter, g!, w!, geo, y.shape);
    return byGroup(emitter, geo, [g!, w!], y.shape, ([part, kernel], one, shape) =>
      emitTranspose(emitter, part!, kernel!, one, shape),
    );
  },
  kernel: { composite: ([g, w], geo, y) => composeTranspose(g!, w!, geo, y) },
  flops: ([g, w], geo) => flopsOf(geo, g!.shape[0], (w!.shape[2] as number) * geo.groups, g!.shape[3] as number),
});

/** Stride and padding of a transposed convolution. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Rows and columns added at the bottom and right, to choose among the sizes that have the same convolution. */
  readonly outputPadding?: Pair;
}

/**
 * Transposed convolution of images [n, h, w, c] with a kernel [kh, kw, o / groups, c] to [n, h', w', o], where h' = (h
 * - 1) * stride - padding + dilation * (kh - 1) + outputPadding + 1, with the padding of both sides subtracted.
 * @throws ShapeError when channels or sizes do not fit.
 */
export function convTranspose2d(x: Tensor, kernel: Tensor, options: ConvTransposeOptions = {}): Tensor {
  const size = imageSize(x, "convTranspose2d");
  const taps = [staticDim(kernel, 0, "convTranspose2d"), staticDim(kernel, 1, "convTranspose2d")] as const;
  const groups = options.groups ?? 1;
  requireKernel(x, kernel, staticDim(kernel, 2, "convTranspose2d") * groups, groups, "convTranspose2d");
  if (kernel.shape[3] !== x.shape[3]) {
    throw new ShapeError(
      `convTranspose2d: the kernel [kh, kw, o / groups, c] must take ${x.shape[3]} channels - got ${formatShape(kernel.shape)} for images ${formatShape(x.shape)}`,
    );
  }
  const extra = pair(options.outputPadding ?? 0);
  const probe = geometry([2 ** 20, 2 ** 20], taps, options, "convTranspose2d");
  const output = ([0, 1] as const).map((axis) => {
    const reach = (size[axis] - 1) * probe.stride[axis] + probe.dilation[axis] * (taps[axis] - 1) + 1 + extra[axis];
    return reach - probe.padding[axis] - probe.padding[axis + 2]!;
  }) as [number, number];
  if (minOf(output) < 1) throw new ShapeError(`convTranspose2d: padding leaves no output - got ${formatShape(output)}`);
  const geo = geometry(output, taps, options, "convTranspose2d");
  if (geo.output[0] !== size[0] || geo.output[1] !== size[1]) {
    throw new ShapeError(`convTranspose2d: outputPadding must be smaller than the stride - got ${formatShape(extra)}`);
  }
  return apply(convTransposeOp, [x, kernel], geo);
}
