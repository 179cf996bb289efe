import { defineModel, z } from "zaya/models";
import { linear } from "zaya/nn";
import { mean, square, sub, sum } from "zaya/ops";
import { sgd } from "zaya/optim";

/** A recipe of a person's own: an affine map from noise to points, fitted to pairs that have nothing to do with each other. */
export const affine = defineModel({
  name: "affine",
  summary: "an affine map from noise to points",
  source: "none",
  options: z.object({}),
  defaults: { batch: 32, length: { steps: 40 }, learningRate: 0.1 },
  build: (_, { shape }) => ({
    nets: { map: linear(shape[0], shape[0]) },
    steps: [
      {
        name: "fit",
        updates: ["map"],
        optimizer: (rate) => sgd({ learningRate: rate }),
        loss(x, scope) {
          const error = sub(scope.nets.map(scope.noise("z", "normal", x.shape)), x);
          return { loss: mean(sum(square(error), { axes: [1] })) };
        },
      },
    ],
    maps: {
      sampler: { inputs: { noise: shape }, outputs: ({ noise }, { nets }) => ({ point: nets.map(noise) }) },
    },
    generator: { map: "sampler", input: "noise", output: "point", noise: "normal", shape },
  }),
});
