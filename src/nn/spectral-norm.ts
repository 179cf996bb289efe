import { sizeOf } from "../base/ndarray.ts";
import { fold, key } from "../base/random.ts";
import type { Tensor } from "../graph/tensor.ts";
import { div, matmul, reshape, sqrt, square, stopGradient, sum, transpose } from "../ops/index.ts";
import { normalInit } from "./init.ts";
import { type Layer, param } from "./layer.ts";

/**
 * A layer whose weight is divided by its largest singular value, estimated by one step of power iteration per
 * application in training. The weight is taken as a matrix [kernel positions * inputs, outputs], which for convolutions
 * is not the matrix of the operator itself.
 * @source Miyato et al., arXiv 1802.05957, algorithm 1.
 */
export function spectralNorm(layer: Layer): Layer {
  const outputs = layer.init(key(0)).weight!.shape as readonly number[];
  const columns = outputs.at(-1)!;
  const rows = sizeOf(outputs) / columns;
  return {
    init: (own) => layer.init(own),
    stats: { u: normalInit(1)(fold(key(0), "spectralNorm"), [1, columns]) },
    apply: (params, x, ctx) => {
      const weight = param(params, "weight");
      const matrix = reshape(weight, [rows, columns]);
      const constant = stopGradient(matrix);
      const left = unit(matmul(ctx.stat("u"), transpose(constant)));
      const right = unit(matmul(left, constant));
      if (ctx.training) ctx.updateStat("u", right);
      const largest = sum(matmul(matmul(left, matrix), transpose(right)));
      return layer.apply({ ...params, weight: div(weight, largest) }, x, ctx);
    },
  };
}

function unit(vector: Tensor): Tensor {
  return div(vector, sqrt(sum(square(vector))));
}
