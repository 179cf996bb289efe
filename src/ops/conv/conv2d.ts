import { type Op, type Tensor, apply, defineOp, staticDim } from "../../graph/tensor.ts";
import { composeConv } from "./composite.ts";
import { convTransposeOp } from "./conv-transpose2d.ts";
import { convWeightGradOp } from "./conv-weight-grad.ts";
import {
  type ConvOptions,
  type Geometry,
  flopsOf,
  forEachProduct,
  geometry,
  imageSize,
  requireKernel,
} from "./geometry.ts";
import { byGroup, columns, fromInput, hasFewOutputs, portableConv, convToFewChannels } from "./lowering.ts";

/** The primitive of `conv2d`. */
export const convOp: Op<Geometry> = defineOp<Geometry>({
  name: "conv2d",
  infer: ([x, w], { output }) => ({
    shape: [x!.shape[0]!, ...output, w!.shape[3]!],
    dtype: "float32",
  }),
  evaluate: ([x, w], geo, shape) => {
    const out = new Float64Array(shape.reduce((size, extent) => size * extent, 1));
    forEachProduct(geo, [x!.shape[0]!, x!.shape[3]!, shape[3]!], (i, j, to) => {
      out[to]! += x!.data[i]! * w!.data[j]!;
    });
    return out;
  },
  gradient: (g, [x, w], geo) => [apply(convTransposeOp, [g, w!], geo), apply(convWeightGradOp, [x!, g], geo)],
  emit: (emitter, [x, w], geo, y) => {
    if (emitter.target === "portable") return portableConv(emitter, x!, w!, geo, y.shape);
    return byGroup(emitter, geo, [x!, w!], y.shape, ([part, kernel], one, shape) => {
      if (hasFewOutputs(one, part!.shape[3] as number, shape[3] as number))
        return convToFewChannels(emitter, part!, kernel!, fromInput(one, 0), fromInput(one, 1), shape);
      const cols = columns(emitter, part!, one);
      const flat = emitter.reshape(kernel!, [cols.shape[1]!, shape[3]!]);
      const product = emitter.node("MatMul", [cols, flat], [cols.shape[0]!, shape[3]!]);
      return emitter.reshape(product, shape);
    });
  },
  kernel: { composite: ([x, w], geo, y) => composeConv(x!, w!, geo, y) },
  flops: ([x, w], geo) => flopsOf(geo, x!.shape[0], x!.shape[3] as number, w!.shape[3] as number),
});

/**
 * Convolution (cross-correlation, as in every framework) of images [n, h, w, c] with a kernel [kh, kw, c / groups, o]
 * to [n, h', w', o]. @throws ShapeError when channels or sizes do not fit.
 */
export function conv2d(x: Tensor, kernel: Tensor, options: ConvOptions = {}): Tensor {
  const size = imageSize(x, "conv2d");
  const taps = [staticDim(kernel, 0, "conv2d"), staticDim(kernel, 1, "conv2d")] as const;
  requireKernel(x, kernel, staticDim(x, 3, "conv2d"), options.groups ?? 1, "conv2d");
  return apply(convOp, [x, kernel], geometry(size, taps, options, "conv2d"));
}
