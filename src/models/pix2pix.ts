import { z } from "zod";
import { choiceField, integerField, numberField } from "../base/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add, concat, mean, mul } from "../ops/index.ts";
import { type DataInfo, type Direction, type Model, defineModel } from "./model.ts";
import {
  adamOf,
  generatorOf,
  generators,
  imageOf,
  judgeOf,
  meanAbsolute,
  patchLossField,
  patchLosses,
  sidesOf,
  translation,
  translationOptions,
} from "./translation.ts";

const options = z.object({
  direction: choiceField("which image of a pair is given, and which is wanted", ["AtoB", "BtoA"]).default("AtoB"),
  generator: choiceField("net of the generator", Object.keys(generators) as [keyof typeof generators]).default("unet"),
  blocks: integerField("residual blocks of the generator, where it is residual", { min: 0 }).default(6),
  loss: patchLossField("non-saturating"),
  lambda: numberField("weight of the distance to the wanted image", { min: 0 }).default(100),
  adversarial: numberField("weight of being taken for real", { min: 0 }).default(1),
  ...translationOptions,
});

export const pix2pix = defineModel({
  name: "pix2pix",
  summary: "generator from images to images, learnt from pairs, and a discriminator that sees both of a pair",
  source: "Isola et al., arXiv 1611.07004",
  learnsFrom: "aligned pairs",
  options,
  defaults: { batch: 16, epochs: 50, learningRate: 2e-4, schedule: "constant-linear", rateEnd: 0 },
  build,
});

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const image = imageOf(data);
  const [height, width, colours] = image as [number, number, number];
  const objective = patchLosses[chosen.loss];
  const { direction } = chosen;
  const { map, translator } = translation(direction, image);
  const given = (batch: Tensor): { readonly source: Tensor; readonly target: Tensor } => {
    const { a, b } = sidesOf(batch);
    return direction === "AtoB" ? { source: a, target: b } : { source: b, target: a };
  };
  const over = (source: Tensor, image: Tensor): Tensor => concat([source, image], 3);
  return {
    nets: {
      [direction]: generatorOf(chosen.generator, chosen.ngf, chosen.blocks, image),
      discriminator: judgeOf(chosen, "batch", [height, width, 2 * colours]),
    },
    steps: [
      {
        name: "discriminator",
        updates: ["discriminator"],
        optimizer: adamOf(chosen),
        loss: (batch, { nets }) => {
          const { source, target } = given(batch);
          const real = nets.discriminator!(over(source, target));
          const fake = nets.discriminator!(over(source, nets[direction]!(source)));
          // Halved, which slows the discriminator beside the generator.
          const loss = mul(objective.discriminator(real, fake), 0.5);
          return { loss, logs: { real: mean(real), fake: mean(fake) } };
        },
      },
      {
        name: "generator",
        updates: [direction],
        optimizer: adamOf(chosen),
        loss: (batch, { nets }) => {
          const { source, target } = given(batch);
          const made = nets[direction]!(source);
          const distance = meanAbsolute(made, target);
          const adversarial = objective.generator(nets.discriminator!(over(source, made)));
          const loss = add(mul(adversarial, chosen.adversarial), mul(distance, chosen.lambda));
          return { loss, logs: { adversarial, distance } };
        },
      },
    ],
    maps: { [direction]: map },
    translators: { [direction satisfies Direction]: translator },
  };
}
