import { ShapeError } from "../../base/errors.ts";
import { equalShapes, formatShape } from "../../base/ndarray.ts";
import { type Dim, type Dims, type Op, type Tensor, apply, defineOp, opOf } from "../../graph/tensor.ts";
import { reshapeView } from "../../graph/view.ts";

/** The primitive of `reshape`. */
export const reshapeOp: Op<{ shape: Dims }> = defineOp<{ shape: Dims }>({
  name: "reshape",
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  evaluate: ([x]) => x!.data,
  gradient: (g, [x]) => [reshape(g, x!.shape)],
  emit: (emitter, [x], { shape }) => emitter.reshape(x!, shape),
  kernel: { view: ([x], _, shape) => reshapeView(x!, shape) },
  simplify: ([x], { shape }) => {
    if (equalShapes(x!.shape, shape)) return x!;
    return opOf(x!) === (reshapeOp as unknown as Op) ? reshape(x!.inputs[0]!, shape) : null;
  },
});

/**
 * The same numbers in another shape. One extent may be -1, which is inferred. A symbolic extent, of which there can be
 * one, must appear in both shapes.
 * @throws ShapeError when the sizes differ.
 */
export function reshape(x: Tensor, shape: Dims): Tensor {
  const complete = fill(x, shape);
  return equalShapes(x.shape, complete) ? x : apply(reshapeOp, [x], { shape: complete });
}

function fill(x: Tensor, shape: Dims): Dim[] {
  const [have, symbols] = known(x.shape);
  const [want, wanted] = known(shape.filter((extent) => extent !== -1));
  const open = shape.includes(-1);
  const clear = Math.max(symbols.length, wanted.length, shape.filter((extent) => extent === -1).length) <= 1;
  const missing = symbols.filter((symbol) => !wanted.includes(symbol));
  const rest = missing.length === 1 && have === want ? missing[0]! : missing.length === 0 ? have / want : NaN;
  const fits = open ? typeof rest === "string" || Number.isInteger(rest) : missing.length === 0 && have === want;
  if (!fits || !clear || wanted.some((symbol) => !symbols.includes(symbol))) {
    throw new ShapeError(
      `reshape: sizes must be equal, with at most one extent of -1 or symbolic - got ${formatShape(x.shape)} to ${formatShape(shape)}`,
    );
  }
  return shape.map((extent) => (extent === -1 ? rest : extent));
}

/** Product of the known extents, and the symbolic ones. */
function known(shape: Dims): [number, string[]] {
  const numbers = shape.filter((extent) => typeof extent === "number");
  return [numbers.reduce((size, extent) => size * extent, 1), shape.filter((extent) => typeof extent === "string")];
}
