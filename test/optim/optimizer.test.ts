import { describe, expect, it } from "vitest";

import { finiteDifference, grad } from "../../src/autodiff/index.ts";
import { fromNumbers } from "../../src/base/ndarray.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import { mul, square, sub, sum } from "../../src/ops/index.ts";
import {
  type Optimizer,
  type Schedule,
  adam,
  adamW,
  emaSlot,
  rmsProp,
  sgd,
  withEma,
  withGradientClipping,
  withWeightClipping,
} from "../../src/optim/index.ts";
import "../tolerance.ts";

const start = fromNumbers([1, -2, 3, 0.5]);
const optimizers: Readonly<Record<string, (learningRate: number | Schedule) => Optimizer>> = {
  sgd: (learningRate) => sgd({ learningRate }),
  "sgd with momentum": (learningRate) => sgd({ learningRate, momentum: 0.9 }),
  "sgd with nesterov": (learningRate) => sgd({ learningRate, momentum: 0.9, nesterov: true }),
  rmsProp: (learningRate) => rmsProp({ learningRate, epsilon: 1e-3 }),
  adam: (learningRate) => adam({ learningRate, epsilon: 1e-3 }),
  adamW: (learningRate) => adamW({ learningRate, epsilon: 1e-3 }),
  "clipped and averaged adam": (learningRate) =>
    withEma(withGradientClipping(adam({ learningRate, epsilon: 1e-3 }), 1), 0.9),
};

/** Parameters after steps with given gradients, all in one graph. */
function unrolled(optimizer: Optimizer, params: Tensor, grads: readonly Tensor[], before = 0): Tensor {
  let [p, slots] = [
    params,
    Object.fromEntries(Object.entries(optimizer.init(start)).map(([name, value]) => [name, constant(value)])),
  ];
  grads.forEach((g, step) => {
    const next = optimizer.update(p, g, slots, (_, at) => constant(fromNumbers([at(before + step)], [])));
    expect(Object.keys(next.slots).toSorted()).toEqual(Object.keys(slots).toSorted());
    [p, slots] = [next.params, { ...next.slots }];
  });
  return p;
}

const run = (y: Tensor, feeds = {}) => [...evaluate([y], feeds)[0]!.data];

describe.each(Object.entries(optimizers))("%s", (_, make) => {
  it("declares slots with the parameters' shapes", () => {
    for (const value of Object.values(make(0.1).init(start))) expect(value.shape).toEqual(start.shape);
  });

  it("does not change parameters at rate 0, and follows a schedule by the number of updates", () => {
    const g = constant(fromNumbers([0.3, -0.2, 0.1, 0.4]));
    expect(run(unrolled(make(0), constant(start), [g, g]))).toEqual([...start.data]);
    const late: Schedule = (count) => (count < 2 ? 0 : 0.1);
    expect(run(unrolled(make(late), constant(start), [g, g]))).toEqual([...start.data]);
    expect(run(unrolled(make(late), constant(start), [g, g, g]))).not.toEqual([...start.data]);
  });

  it("minimises a quadratic", () => {
    const steps = 60;
    const optimizer = make(0.1);
    let p: Tensor = constant(start);
    let slots: Record<string, Tensor> = Object.fromEntries(
      Object.entries(optimizer.init(start)).map(([name, value]) => [name, constant(value)]),
    );
    for (let step = 0; step < steps; step++) {
      const next = optimizer.update(p, mul(p, 2), slots, (__, at) => constant(fromNumbers([at(step)], [])));
      [p, slots] = [next.params, next.slots];
    }
    expect(run(sum(square(p)))[0]).toBeLessThan(0.05 * 14.25);
  });

  it("is differentiable: the update's derivative with respect to the gradient", () => {
    const [g, w] = [input("g", [4]), input("w", [4])];
    const feeds = { g: fromNumbers([0.3, -0.2, 0.1, 0.4]), w: start };
    const after = unrolled(make(0.05), w, [g, mul(g, w)]);
    const loss = sum(square(sub(after, 0.3)));
    for (const [name, tensor] of Object.entries({ g, w })) {
      expect(evaluate(grad(loss, [tensor]), feeds)[0]!, name).toBeAllclose(finiteDifference(loss, feeds, name), {
        relative: 1e-6,
      });
    }
  });
});

describe("adam", () => {
  it("changes parameters by the learning rate in the first step, whatever the size of the gradient", () => {
    for (const scale of [1e-4, 1, 1e4]) {
      const g = constant(fromNumbers([scale, -scale, 2 * scale, -3 * scale]));
      const moved = run(unrolled(adam({ learningRate: 0.01 }), constant(start), [g]));
      expect(moved).toBeAllclose([0.99, -1.99, 2.99, 0.51], { relative: 1e-6 });
    }
  });

  it("does not lose its bias correction after many updates", () => {
    const g = constant(fromNumbers([1, 1, 1, 1]));
    const slots = {
      gradients: constant(fromNumbers([10, 10, 10, 10])),
      squares: constant(fromNumbers([1000, 1000, 1000, 1000])),
    };
    const { params } = adam({ learningRate: 0.01 }).update(constant(start), g, slots, (_, at) =>
      constant(fromNumbers([at(100_000)], [])),
    );
    expect(run(params)).toBeAllclose([0.99, -2.01, 2.99, 0.49], { relative: 1e-5 });
  });
});

describe("adamW", () => {
  it("decays weights separately from the gradient, by the scheduled rate", () => {
    const zero = constant(fromNumbers([0, 0, 0, 0]));
    const halved: Schedule = (count) => (count === 0 ? 0.1 : 0.05);
    const moved = run(unrolled(adamW({ learningRate: halved, weightDecay: 0.5 }), constant(start), [zero, zero]));
    expect(moved).toBeAllclose(
      Array.from(start.data, (value) => value * 0.95 * 0.975),
      { relative: 1e-6 },
    );
  });
});

describe("differentiating through adam", () => {
  it("has zero gradient for parameters that never had a gradient, and the right one for the others", () => {
    const size = input("size", []);
    const grads = mul(constant(fromNumbers([0.3, 0, -0.2, 0])), size);
    const moved = sum(mul(unrolled(adam({ learningRate: 0.1 }), constant(start), [grads, grads]), grads));
    const feeds = { size: fromNumbers([1.5], []) };
    const slope = run(grad(moved, [size])[0]!, feeds);
    expect(slope).toBeAllclose([...finiteDifference(moved, feeds, "size").data], { relative: 1e-6 });
  });
});

describe("withWeightClipping", () => {
  it("clips parameters after the step, on both sides", () => {
    const g = constant(fromNumbers([0, 0, 0, 0]));
    expect(run(unrolled(withWeightClipping(sgd({ learningRate: 1 }), 1.5), constant(start), [g]))).toEqual([
      1, -1.5, 1.5, 0.5,
    ]);
  });
});

describe("withGradientClipping", () => {
  it("leaves a gradient within the limit unchanged, also one of zeros", () => {
    for (const values of [
      [0.1, 0.2, -0.1, 0],
      [0, 0, 0, 0],
    ]) {
      const moved = run(
        unrolled(withGradientClipping(sgd({ learningRate: 1 }), 1), constant(start), [constant(fromNumbers(values))]),
      );
      expect(moved).toBeAllclose(
        Array.from(start.data, (value, i) => value - values[i]!),
        { relative: 1e-7 },
      );
    }
  });
});

describe("withEma", () => {
  it("starts at the parameters and keeps the state of the inner optimizer", () => {
    const optimizer = withEma(sgd({ learningRate: 0.1, momentum: 0.9 }), 0.9);
    const slots = optimizer.init(start);
    expect(Object.keys(slots)).toEqual(["velocity", emaSlot]);
    expect([...slots[emaSlot]!.data]).toEqual([...start.data]);
    expect(slots[emaSlot]!.data).not.toBe(start.data);
  });
});

it("withEma updates the average by 1 - decay", () => {
  const optimizer = withEma(sgd({ learningRate: 1 }), (count) => (count === 0 ? 0.75 : 0.5));
  const slots = { [emaSlot]: constant(start) };
  const g = constant(fromNumbers([4, 0, -8, 2]));
  const scalar = (_: string, at: Schedule) => constant(fromNumbers([at(0)], []));
  const first = optimizer.update(constant(start), g, slots, scalar);
  // 0.75 of the start and 0.25 of start - g
  expect(run(first.slots[emaSlot]!)).toEqual([0, -2, 5, 0]);
  const second = optimizer.update(first.params, g, first.slots, (_, at) => constant(fromNumbers([at(1)], [])));
  expect(run(second.slots[emaSlot]!)).toEqual([-3.5, -2, 12, -1.75]);
});
