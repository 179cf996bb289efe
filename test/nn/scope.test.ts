import { expect, it } from "vitest";

import { ShapeError } from "../../src/base/errors.ts";
import { key } from "../../src/base/random.ts";
import type { Model } from "../../src/models/index.ts";
import { asItems, linear, sequential } from "../../src/nn/index.ts";
import { conv2d, mean, relu } from "../../src/ops/index.ts";
import { constant } from "../../src/graph/tensor.ts";
import { normal } from "../../src/base/random.ts";
import { sgd } from "../../src/optim/index.ts";
import { initialParams, layoutOf } from "../../src/step/layout.ts";
import { traceStep } from "../../src/step/trace.ts";

it("a shape mismatch is reported with the path of the layer: net, then index", () => {
  const wide = constant(normal(key(1), [3, 3, 8, 4]));
  const model: Model = {
    nets: {
      encoder: sequential([linear(6, 4)]),
      decoder: sequential([linear(4, 16), asItems([4, 4, 1]), sequential([relu, (x) => conv2d(x, wide)])]),
    },
    maps: {},
    steps: [
      {
        name: "step",
        updates: ["encoder", "decoder"],
        optimizer: (learningRate) => sgd({ learningRate }),
        loss: (batch, { nets }) => ({ loss: mean(nets.decoder!(nets.encoder!(batch))) }),
      },
    ],
  };
  const params = initialParams(model, key(1));
  const layouts = Object.fromEntries(Object.entries(params).map(([net, values]) => [net, layoutOf(values)]));
  const trace = () => traceStep({ model, layouts, batch: [2, 6], rate: () => 0.1, slotNames: () => [] });
  expect(trace).toThrow(ShapeError);
  expect(trace).toThrow(
    "conv2d: 1 channels in 1 group(s) need a kernel [kh, kw, 1, multiple of 1] - got [3, 3, 8, 4] for images [2, 4, 4, 1] (in decoder.2.1)",
  );
});
