import type { Tensor } from "../../graph/tensor.ts";
import { reshape } from "../movement/reshape.ts";
import { add } from "../pointwise/add.ts";
import { customGradient } from "../pointwise/custom-gradient.ts";
import { exp } from "../pointwise/exp.ts";
import { log } from "../pointwise/log.ts";
import { mul } from "../pointwise/mul.ts";
import { sub } from "../pointwise/sub.ts";
import { type ReduceOptions, reduceAttrs, reducedShape } from "./axes.ts";
import { max } from "./max.ts";
import { sum } from "./sum.ts";

/**
 * Log of the sum of exponentials over axes (all by default), without overflow: the maximum is subtracted first. The
 * reduced axes are removed from the shape unless `keepDims` is set.
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes, keepDims } = reduceAttrs(x, options, "logSumExp");
  const largest = max(x, { axes, keepDims: true });
  const kept = add(log(sum(exp(sub(x, largest)), { axes, keepDims: true })), largest);
  // The gradient is the softmax; through the maximum it would be the same with more nodes.
  const value = customGradient(kept, [x], (g) => [mul(g, exp(sub(x, logSumExp(x, { axes, keepDims: true }))))]);
  return reshape(value, reducedShape(x.shape, { axes, keepDims }));
}

/** x minus its logSumExp along an axis, in the shape of x: normalised log probabilities. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return sub(x, logSumExp(x, { axes: [axis], keepDims: true }));
}

/** exp(x) normalised to sum 1 along an axis, in the shape of x. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return exp(logSoftmax(x, axis));
}
