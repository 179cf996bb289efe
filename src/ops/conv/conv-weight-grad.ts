import { ShapeError } from "../../base/errors.ts";
import { formatShape } from "../../base/ndarray.ts";
import type { Emitter, Value } from "../../graph/emitter.ts";
import { type Dims, type Op, apply, defineOp } from "../../graph/tensor.ts";
import { emitGemm } from "../linalg/matmul.ts";
import { composeWeightGrad } from "./composite.ts";
import { convOp } from "./conv2d.ts";
import { convTransposeOp } from "./conv-transpose2d.ts";
import { type Geometry, flopsOf, forEachProduct } from "./geometry.ts";
import { byGroup, columns, columnsOfGradient, hasFewOutputs, permute, portableWeightGrad } from "./lowering.ts";

/**
 * The gradient of a convolution with respect to its kernel: images [n, h, w, c] and gradients [n, h', w', o] to [kh,
 * kw, c / groups, o].
 * @throws ShapeError when images and gradients do not fit the geometry.
 */
export const convWeightGradOp: Op<Geometry> = defineOp<Geometry>({
  name: "convWeightGrad",
  infer: ([x, g], { input, output, kernel, groups }) => {
    const [n, ...places] = [x!.shape[0]!, ...x!.shape.slice(1, 3), ...g!.shape.slice(1, 3)];
    if (g!.shape[0] !== n || formatShape(places) !== formatShape([...input, ...output])) {
      throw new ShapeError(
        `convWeightGrad: needs images ${formatShape(input)} and gradients ${formatShape(output)} of the same batch - got ${formatShape(x!.shape)} and ${formatShape(g!.shape)}`,
      );
    }
    return { shape: [...kernel, (x!.shape[3] as number) / groups, g!.shape[3]!], dtype: "float32" };
  },
  evaluate: ([x, g], geo, shape) => {
    const out = new Float64Array(shape.reduce((size, extent) => size * extent, 1));
    forEachProduct(geo, [x!.shape[0]!, x!.shape[3]!, shape[3]!], (i, to, j) => {
      out[to]! += x!.data[i]! * g!.data[j]!;
    });
    return out;
  },
  gradient: (h, [x, g], geo) => [apply(convTransposeOp, [g!, h], geo), apply(convOp, [x!, h], geo)],
  emit: (emitter, [x, g], geo, y) => {
    if (emitter.target === "portable") return portableWeightGrad(emitter, x!, g!, geo, y.shape);
    return byGroup(emitter, geo, [x!, g!], y.shape, ([part, gradient], one, shape) => {
      const outputs = shape[3]!;
      if (hasFewOutputs(one, shape[2] as number, outputs as number))
        return byRows(emitter, part!, gradient!, one, shape);
      const cols = columns(emitter, part!, one);
      const flat = emitter.reshape(gradient!, [cols.shape[0]!, outputs]);
      return emitter.reshape(emitGemm(emitter, cols, flat, true, false, [cols.shape[1]!, outputs]), shape);
    });
  },
  kernel: { composite: ([x, g], geo, y) => composeWeightGrad(x!, g!, geo, y) },
  flops: ([x, g], geo) => flopsOf(geo, x!.shape[0], x!.shape[3] as number, g!.shape[3] as number),
});

/** For a gradient with few channels: its rows for each tap, multiplied by the unmodified images. */
function byRows(emitter: Emitter, x: Value, g: Value, geo: Geometry, shape: Dims): Value {
  const [kh, kw, c, o] = shape as [number, number, number, number];
  const rows = columnsOfGradient(emitter, g, geo);
  const flat = emitter.reshape(x, [rows.shape[0]!, c]);
  const product = emitGemm(emitter, flat, rows, true, false, [c, kh * kw * o]);
  return emitter.reshape(permute(emitter, emitter.reshape(product, [c, kh * kw, o]), [1, 0, 2]), shape);
}
