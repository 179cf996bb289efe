import { ndarray } from "../base/ndarray.ts";
import { add, mul, sub } from "../ops/index.ts";
import type { Optimizer } from "./optimizer.ts";

/** The slot that holds the averaged parameters. */
export const emaSlot = "ema";

/** Another optimizer that also keeps an exponential moving average of the parameters, for sampling and evaluation. */
export function withEma(inner: Optimizer, decay: number): Optimizer {
  return {
    init: (params) => ({
      ...inner.init(params),
      [emaSlot]: ndarray("float32", params.shape, params.data.slice()),
    }),
    update: (params, grads, { [emaSlot]: average, ...slots }, scalar) => {
      const result = inner.update(params, grads, slots, scalar);
      const next = add(average!, mul(sub(result.params, average!), 1 - decay));
      return { params: result.params, slots: { ...result.slots, [emaSlot]: next } };
    },
  };
}
