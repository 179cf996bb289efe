import { describe, expect, it } from "vitest";

import { type NdArray, ndarray } from "../../src/base/ndarray.ts";
import { fold, key, uniform } from "../../src/base/random.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import { type Values, imagePool } from "../../src/nn/index.ts";
import "../tolerance.ts";
import { OpenContext } from "./context.ts";

const [capacity, batch] = [4, 3];
const item = [2, 2, 1];

class AtStep extends OpenContext {
  constructor(
    private readonly step: number,
    stats: Values,
    training = true,
  ) {
    super(training, stats);
  }

  override scalar(_: string, at: (step: number, steps: number) => number): Tensor {
    return constant(ndarray("float32", [], Float32Array.of(at(this.step, 1000))));
  }
}

/** The pool of the paper's own code, on numbers that stand for images. */
class Reference {
  readonly images: number[] = [];

  query(image: number, coin: number, place: number): number {
    if (this.images.length < capacity) {
      this.images.push(image);
      return image;
    }
    if (coin >= 0.5) return image;
    const at = Math.floor(place * capacity);
    const old = this.images[at]!;
    this.images[at] = image;
    return old;
  }
}

/** Image i: all its numbers are i. */
function imagesFrom(first: number): NdArray<"float32"> {
  return ndarray(
    "float32",
    [batch, ...item],
    Float32Array.from({ length: batch * 4 }, (_, i) => first + (i >> 2)),
  );
}

describe("imagePool", () => {
  it("returns what a reference implementation with a list returns, image by image", () => {
    const pool = imagePool(capacity, item);
    const reference = new Reference();
    let stats = pool.stats!;
    let older = 0;
    for (let step = 0; step < 25; step++) {
      const ctx = new AtStep(step, stats);
      const shown = pool.apply({}, input("x", [batch, ...item]), ctx);
      const [coin, place] = ["coin", "place"].map((name) => uniform(fold(key(3), name, step), [batch, 1]));
      const x = imagesFrom(1 + step * batch);
      const feeds = { x, coin: coin!, place: place! };
      const [values, images] = evaluate([shown, ctx.updates.get("images")!], feeds);
      const expected = [0, 1, 2].map((i) => reference.query(1 + step * batch + i, coin!.data[i]!, place!.data[i]!));
      expect([0, 4, 8].map((at) => values!.data[at]!)).toEqual(expected);
      older += expected.filter((image, i) => image !== 1 + step * batch + i).length;
      const kept = images!.data;
      expect([0, 4, 8, 12].map((at) => kept[at])).toEqual(
        Array.from({ length: capacity }, (_, i) => reference.images[i] ?? 0),
      );
      stats = { images: ndarray("float32", images!.shape, Float32Array.from(kept)) };
    }
    expect(older).toBeGreaterThan(20);
  });

  it("passes images through outside training, and with capacity 0", () => {
    const x = imagesFrom(1);
    for (const [room, training] of [
      [capacity, false],
      [0, true],
    ] as const) {
      const pool = imagePool(room, item);
      const ctx = new AtStep(100, pool.stats!, training);
      const [shown] = evaluate([pool.apply({}, input("x", [batch, ...item]), ctx)], { x });
      expect([...shown!.data]).toEqual([...x.data]);
      expect(ctx.updates.size).toBe(0);
    }
  });
});
