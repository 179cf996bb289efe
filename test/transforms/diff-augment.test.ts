import { describe, expect, it } from "vitest";

import { finiteDifference, grad } from "../../src/autodiff/index.ts";
import { type NdArray, castTo, ndarray } from "../../src/base/ndarray.ts";
import { key, normal, uniform } from "../../src/base/random.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { input } from "../../src/graph/tensor.ts";
import { mul, sum } from "../../src/ops/index.ts";
import { type Engine, interpreter, ortEngine } from "../../src/runtime/index.ts";
import { diffAugment, diffAugmentDraws } from "../../src/transforms/index.ts";
import "../tolerance.ts";

/** The same, image by image and pixel by pixel, as the authors' code describes it. */
function byHand({ shape, data }: NdArray, draws: NdArray): Float64Array {
  const [n, h, w, c] = shape as [number, number, number, number];
  const out = new Float64Array(data.length);
  for (let image = 0; image < n; image++) {
    const u = Array.from(draws.data.subarray(image * diffAugmentDraws, (image + 1) * diffAugmentDraws)) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const pixels = Float64Array.from(data.subarray(image * h * w * c, (image + 1) * h * w * c));
    if (c === 3) recolour(pixels, u);
    const [down, right] = [h, w].map((side, i) => {
      const most = Math.trunc(side / 8 + 0.5);
      return Math.floor(u[3 + i]! * (2 * most + 1)) - most;
    }) as [number, number];
    const cut = [h, w].map((side, i) => {
      const length = Math.trunc(side * 0.5 + 0.5);
      const from = Math.floor(u[5 + i]! * (side + (1 - (length % 2)))) - Math.floor(length / 2);
      return [from, from + length] as const;
    });
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const [row, column] = [y + down, x + right];
        const gone = row < 0 || row >= h || column < 0 || column >= w;
        const hidden = y >= cut[0]![0] && y < cut[0]![1] && x >= cut[1]![0] && x < cut[1]![1];
        for (let channel = 0; channel < c; channel++) {
          const value = gone || hidden ? 0 : pixels[(row * w + column) * c + channel]!;
          out[((image * h + y) * w + x) * c + channel] = value;
        }
      }
    }
  }
  return out;
}

function recolour(pixels: Float64Array, [brightness, saturation, contrast]: readonly number[]): void {
  pixels.forEach((value, i) => (pixels[i] = value + brightness! - 0.5));
  for (let at = 0; at < pixels.length; at += 3) {
    const grey = (pixels[at]! + pixels[at + 1]! + pixels[at + 2]!) / 3;
    for (let i = at; i < at + 3; i++) pixels[i] = (pixels[i]! - grey) * saturation! * 2 + grey;
  }
  const middle = pixels.reduce((total, value) => total + value, 0) / pixels.length;
  pixels.forEach((value, i) => (pixels[i] = (value - middle) * (contrast! + 0.5) + middle));
}

const engines: readonly (readonly [string, Engine, number])[] = [
  ["interpreter", interpreter(), 1e-6],
  ["cpu", ortEngine({ device: "cpu", threads: 1 }), 1e-5],
];

describe("differentiable augmentation", () => {
  it.each(engines)("agrees with its definition for each image, on the engine %s", async (_, engine, relative) => {
    for (const shape of [
      [40, 8, 8, 1],
      [40, 9, 12, 3],
    ]) {
      const [images, draws] = [normal(key(1), shape), uniform(key(2), [40, diffAugmentDraws])];
      const compiled = await engine.compile({
        outputs: { seen: diffAugment(input("images", shape), input("draws", draws.shape)) },
      });
      const { seen } = await compiled.run({ images, draws });
      await compiled.release();
      expect(seen!.data).toBeAllclose(byHand(images, draws), { relative });
    }
  });

  it("shifts and cuts by the maximum at either end of the random range", () => {
    const images = ndarray("float32", [2, 8, 8, 1], new Float32Array(128).fill(1));
    const draws = ndarray(
      "float32",
      [2, 7],
      Float32Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.999, 0.999, 0.999, 0.999]),
    );
    const [seen] = evaluate([diffAugment(input("images", [2, 8, 8, 1]), input("draws", [2, 7]))], { images, draws });
    expect([...seen!.data]).toEqual([...byHand(images, draws)]);
    // A row and a column have moved out, 15 pixels; of the quarter of the square that is inside, 2 by 2, they leave one.
    expect(seen!.data.slice(0, 64).filter((value) => value === 0)).toHaveLength(16);
  });

  it("propagates the gradient", () => {
    const shape = [3, 5, 6, 3];
    const images = input("images", shape);
    const out = diffAugment(images, input("draws", [3, 7]));
    const loss = sum(mul(out, mul(out, input("weights", shape))));
    const feeds = {
      images: castTo(normal(key(3), shape), "float64"),
      draws: castTo(uniform(key(4), [3, 7]), "float64"),
      weights: castTo(normal(key(5), shape), "float64"),
    };
    const [slope] = evaluate(grad(loss, [images]), feeds);
    expect(slope).toBeAllclose(finiteDifference(loss, feeds, "images"), { relative: 1e-5 });
  });
});
