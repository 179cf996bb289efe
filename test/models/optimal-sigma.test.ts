import { describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { key, normal, uniform } from "../../src/base/random.ts";
import { MemoryStore } from "../../src/base/store.ts";
import { arrayDataset, splitOff } from "../../src/data/index.ts";
import { grad } from "../../src/autodiff/index.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import { autoencoder, vae } from "../../src/models/index.ts";
import { observation } from "../../src/models/observation.ts";
import type { Scope } from "../../src/models/model.ts";
import { log, mean, mul, neg, square, sub, tanh } from "../../src/ops/index.ts";
import { ortEngine } from "../../src/runtime/index.ts";
import { train } from "../../src/train/index.ts";
import { Run } from "../../src/run/index.ts";
import { openTrained } from "../../src/trained/index.ts";

const side = 6;
const pixels = side * side;

/** Blobs of one shape and another brightness, with some noise. */
function blobs(count: number) {
  const [bright, noise] = [uniform(key(1), [count]).data, normal(key(2), [count, pixels]).data];
  const data = Float32Array.from({ length: count * pixels }, (_, at) => {
    const [i, p] = [Math.floor(at / pixels), at % pixels];
    const shape = Math.exp(-(((p % side) - 2) ** 2 + (Math.floor(p / side) - 3) ** 2) / 4);
    return Math.min(1, Math.max(0, bright[i]! * shape + 0.03 * noise[at]!));
  });
  return splitOff(
    arrayDataset({ name: "blobs", kind: "image", items: ndarray("float32", [count, side, side, 1], data) }),
  );
}

/** What a run of so many steps knows of its deviation, and the mean squared error of what it makes of training items. */
async function afterSteps(steps: number, sigma: "optimal" | "learned") {
  const engine = ortEngine({ device: "cpu", threads: 1 });
  const store = new MemoryStore();
  const data = blobs(1000);
  const model = autoencoder({ hidden: [32], latent: 4, likelihood: "gaussian", sigma });
  for await (const _ of train(model, data, { steps, batch: 64, learningRate: 1e-3, seed: 3 }, { engine, store }));
  const { trained, close } = await openTrained(await Run.open(store), engine);
  const items = await data.train.read(Int32Array.from({ length: 500 }, (_, i) => i));
  const out = await trained.decode(await trained.encode(items));
  const error = items.data.reduce((sum, value, i) => sum + (value - out.data[i]!) ** 2, 0) / items.data.length;
  const state = await trained.state.read();
  await close();
  return { error, state };
}

describe("the optimal deviation", () => {
  it("is the mean squared error from the first steps on, while a learned one still decreases from 1", async () => {
    const { error, state } = await afterSteps(70, "optimal");
    const variance = state["stats/sigma.meanSquare"]!.data[0]!;
    // A running mean over some 20 batches, while the error falls.
    expect(variance).toBeGreaterThan(error);
    expect(variance).toBeLessThan(1.8 * error);
    const learned = await afterSteps(70, "learned");
    expect(Math.exp(learned.state["params/sigma"]!.data[0]!)).toBeGreaterThan(4 * learned.error);
  });

  it("follows the error of the newest batches", async () => {
    const { error, state } = await afterSteps(700, "optimal");
    expect(state["stats/sigma.meanSquare"]!.data[0]! / error).toBeGreaterThan(0.9);
    expect(state["stats/sigma.meanSquare"]!.data[0]! / error).toBeLessThan(1.2);
  });

  it("has the gradient of D / 2 times the logarithm of the mean squared error", () => {
    const [n, d] = [5, 6];
    const { nets, logProb } = observation("vae", vae({ likelihood: "gaussian", sigma: "optimal" }).options as never, {
      kind: "points",
      shape: [d],
    });
    const stats = {
      meanSquare: constant(ndarray("float32", [], Float32Array.of(0))),
      batches: constant(ndarray("float32", [], Float32Array.of(0))),
    };
    const context = { training: true, stat: (name: keyof typeof stats) => stats[name], updateStat: () => {} };
    const scope = { nets: { sigma: (x: Tensor) => nets.sigma!.apply({}, x, context as never) } } as unknown as Scope;
    const [x, weights] = [input("x", [n, d]), input("weights", [d])];
    const out = tanh(mul(x, weights));
    const found = neg(mean(logProb(out, x, scope)));
    const closed = mul(log(mean(square(sub(x, out)))), d / 2);
    const feeds = { x: normal(key(5), [n, d]), weights: uniform(key(6), [d]) };
    const [a, b] = evaluate([...grad(found, [weights]), ...grad(closed, [weights])], feeds);
    expect([...a!.data]).toEqual([...b!.data].map((value) => expect.closeTo(value, 6) as number));
    const [value, ofClosed] = evaluate([found, closed], feeds);
    expect(value!.data[0]).toBeCloseTo(ofClosed!.data[0]! + (d / 2) * (Math.log(2 * Math.PI) + 1), 6);
  });
});
