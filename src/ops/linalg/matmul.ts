import { ShapeError } from "../../base/errors.ts";
import { formatShape, sizeOf, stridesOf } from "../../base/ndarray.ts";
import type { Emitter, Value } from "../../graph/emitter.ts";
import { type Dims, type Numbers, type Tensor, apply, defineOp } from "../../graph/tensor.ts";
import { broadcastView, swapLastAxes } from "../../graph/view.ts";
import { narrowProduct, swapped } from "./narrow-product.ts";
import { reshape } from "../movement/reshape.ts";
import { broadcastShapes, repeatedStrides, sumTo } from "../pointwise/broadcast.ts";
import { requireFloat } from "../pointwise/pointwise.ts";

interface MatmulAttrs extends Record<string, unknown> {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The primitive of `matmul`. @throws ShapeError when the inner extents differ. */
export const matmulOp = defineOp<MatmulAttrs>({
  name: "matmul",
  infer: ([a, b], attrs) => {
    for (const side of [a!, b!]) requireFloat(side, "matmul");
    const [[m, k], [k2, n]] = extents(a!, b!, attrs);
    if (a!.shape.length < 2 || b!.shape.length < 2 || k !== k2) {
      const turned = (flag: boolean) => (flag ? " transposed" : "");
      throw new ShapeError(
        `matmul: inner extents must be equal - got ${formatShape(a!.shape)}${turned(attrs.transposeA)} and ${formatShape(b!.shape)}${turned(attrs.transposeB)}`,
      );
    }
    return { shape: [...broadcastShapes(lead(a!), lead(b!), "matmul"), m!, n!], dtype: "float32" };
  },
  evaluate: ([a, b], attrs, shape) => multiply(a!, b!, attrs, shape),
  gradient: (g, [a, b], { transposeA, transposeB }) => {
    const da = transposeA
      ? matmul(b!, g, { transposeA: transposeB, transposeB: true })
      : matmul(g, b!, { transposeB: !transposeB });
    const db = transposeB
      ? matmul(g, a!, { transposeA: true, transposeB: transposeA })
      : matmul(a!, g, { transposeA: !transposeA });
    return [sumTo(da, a!.shape), sumTo(db, b!.shape)];
  },
  emit: (emitter, [a, b], { transposeA, transposeB }, y) => {
    if (!transposeA && !transposeB) return emitter.node("MatMul", [a!, b!], y.shape);
    if (y.shape.length > 2) {
      return emitter.node(
        "MatMul",
        [transposeA ? transposed(emitter, a!) : a!, transposeB ? transposed(emitter, b!) : b!],
        y.shape,
      );
    }
    return emitGemm(emitter, a!, b!, transposeA, transposeB, y.shape);
  },
  kernel: {
    product: (a, b, { transposeA, transposeB }, shape) => {
      const [m, n] = shape.slice(-2) as [number, number];
      const batch = shape.slice(0, -2);
      const [left, right] = [transposeA ? swapLastAxes(a) : a, transposeB ? swapLastAxes(b) : b];
      const k = left.shape.at(-1)!;
      return [broadcastView(left, [...batch, m, k]), broadcastView(right, [...batch, k, n])];
    },
    narrow: ([a, b], { transposeA, transposeB }) =>
      narrowProduct(transposeA ? swapped(a!) : a!, transposeB ? swapped(b!) : b!),
  },
  flops: ([a], { transposeA }, y) => {
    const inner = a!.shape.at(transposeA ? -2 : -1)!;
    return 2 * sizeOf([...y.shape, inner].filter((extent) => typeof extent === "number"));
  },
});

/** Below this many columns the matrix product of ONNX Runtime is several times slower than its transpose. */
const narrow = 16;

/** A 2-D product with either side transposed. */
export function emitGemm(
  emitter: Emitter,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
  shape: Dims,
): Value {
  const [m, n] = shape;
  if (transposeA && typeof n === "number" && n < narrow && typeof m === "number" && m >= 2 * narrow) {
    const turned = emitGemm(emitter, b, a, !transposeB, false, [n, m]);
    return transposed(emitter, turned);
  }
  return emitter.node("Gemm", [a, b], shape, {
    transA: transposeA ? 1 : 0,
    transB: transposeB ? 1 : 0,
  });
}

function transposed(emitter: Emitter, x: Value): Value {
  const order = x.shape.map((_, i) => i);
  order.splice(-2, 2, order.length - 1, order.length - 2);
  return emitter.node(
    "Transpose",
    [x],
    order.map((axis) => x.shape[axis]!),
    { perm: order },
  );
}

/**
 * Matrix product over the last two axes, with broadcasting over the others: [..., m, k] by [..., k, n] to [..., m, n].
 * Either side can be taken transposed.
 * @throws ShapeError when the inner extents differ or the other axes do not broadcast.
 */
export function matmul(a: Tensor, b: Tensor, options: { transposeA?: boolean; transposeB?: boolean } = {}): Tensor {
  const attrs = {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
  };
  const product = apply(matmulOp, [a, b], attrs);
  // A stack of matrices times one matrix is one tall matrix times that matrix.
  const stacked = b.shape.length === 2 && a.shape.length > 2 && !attrs.transposeA;
  if (!stacked || a.shape.some((extent) => typeof extent === "string")) return product;
  const taller = apply(matmulOp, [reshape(a, [-1, a.shape.at(-1)!]), b], attrs);
  return reshape(taller, product.shape);
}

function lead(x: Tensor): Dims {
  return x.shape.slice(0, -2);
}

function extents(a: Tensor, b: Tensor, { transposeA, transposeB }: MatmulAttrs): [Dims, Dims] {
  const [left, right] = [a.shape.slice(-2), b.shape.slice(-2)];
  return [transposeA ? left.toReversed() : left, transposeB ? right.toReversed() : right];
}

function multiply(
  a: Numbers,
  b: Numbers,
  { transposeA, transposeB }: MatmulAttrs,
  shape: readonly number[],
): Float64Array {
  const [m, n] = shape.slice(-2) as [number, number];
  const k = a.shape.at(transposeA ? -2 : -1)!;
  const batch = shape.slice(0, -2);
  const out = new Float64Array(sizeOf(shape));
  const [rowA, stepA] = transposeA ? [1, m] : [k, 1];
  const [rowB, stepB] = transposeB ? [1, k] : [n, 1];
  const starts = [a, b].map((side) => repeatedStrides(side.shape.slice(0, -2), batch));
  const batchStrides = stridesOf(batch);
  for (let matrix = 0; matrix < sizeOf(batch); matrix++) {
    const place = batch.map((extent, axis) => Math.floor(matrix / batchStrides[axis]!) % extent);
    const [fromA, fromB] = starts.map((strides) => strides.reduce((at, stride, axis) => at + stride * place[axis]!, 0));
    for (let i = 0; i < m; i++) {
      for (let p = 0; p < k; p++) {
        const left = a.data[fromA! * m * k + i * rowA + p * stepA]!;
        const row = fromB! * k * n + p * rowB;
        const to = (matrix * m + i) * n;
        for (let j = 0; j < n; j++) out[to + j]! += left * b.data[row + j * stepB]!;
      }
    }
  }
  return out;
}
