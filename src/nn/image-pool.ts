import { type Shape, ndarray } from "../base/ndarray.ts";
import { type Tensor, constant, staticDim } from "../graph/tensor.ts";
import { add, cast, concat, greaterEqual, less, matmul, mul, reshape, split, stopGradient, sub } from "../ops/index.ts";
import { constantInit } from "./init.ts";
import type { Layer } from "./layer.ts";

/**
 * A buffer of generated images [n, h, w, c], so that a discriminator also sees older ones. The first `capacity` images
 * fill the pool and are returned unchanged. After that, with probability 1/2, an image is returned unchanged; otherwise
 * it replaces a random image of the pool, and that one is returned. Images of a batch are processed in order. The pool
 * is not used outside training or with capacity 0.
 * @source Shrivastava et al., arXiv 1612.07828, section 2.3; in the form of Zhu et al., arXiv 1703.10593, section 4.
 */
export function imagePool(capacity: number, item: Shape): Layer {
  const size = item.reduce((product, extent) => product * extent, 1);
  return {
    init: () => ({}),
    stats: capacity === 0 ? {} : { images: constantInit([capacity, size], 0) },
    apply: (_, x, ctx) => {
      if (!ctx.training || capacity === 0) return x;
      const n = staticDim(x, 0, "imagePool");
      const coins = split(ctx.noise("coin", "uniform", [n, 1]), 0, ones(n));
      const drawn = split(ctx.noise("place", "uniform", [n, 1]), 0, ones(n));
      const seen = ctx.scalar("seen", (step) => step * n);
      let images = ctx.stat("images");
      const shown = split(reshape(stopGradient(x), [n, size]), 0, ones(n)).map((image, i) => {
        const count = add(seen, i);
        const filling = asNumber(less(count, capacity));
        const swapping = mul(sub(1, filling), asNumber(less(coins[i]!, 0.5)));
        const place = oneHotBelow(add(mul(filling, count), mul(sub(1, filling), mul(drawn[i]!, capacity))), capacity);
        const change = sub(image, matmul(place, images));
        images = add(images, matmul(reshape(mul(place, add(filling, swapping)), [capacity, 1]), change));
        return sub(image, mul(change, swapping));
      });
      ctx.updateStat("images", images);
      return reshape(concat(shown), x.shape);
    },
  };
}

function ones(n: number): number[] {
  return Array.from({ length: n }, () => 1);
}

function asNumber(truth: Tensor): Tensor {
  return cast(truth, "float32");
}

/** Integer part of a number [1, 1] in [0, count), one-hot [1, count]. */
function oneHotBelow(value: Tensor, count: number): Tensor {
  const steps = constant(
    ndarray(
      "float32",
      [1, count],
      Float32Array.from({ length: count }, (_, i) => i),
    ),
  );
  const above = sub(value, steps);
  return mul(asNumber(greaterEqual(above, 0)), asNumber(less(above, 1)));
}
