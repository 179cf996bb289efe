import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { choiceField, integerField, numberField } from "../base/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add, mul } from "../ops/index.ts";
import { accuracyOf, scoreScalars } from "./adversarial.ts";
import { augmentationRemedies } from "./augmentation.ts";
import { noiseRemedies } from "./instance-noise.ts";
import { type DataInfo, type Direction, type Model, type Scope, defineModel, directions } from "./model.ts";
import {
  adamOf,
  augmentedFor,
  generatorAdversarialLoss,
  generators,
  imageOf,
  discriminatorWithHeads,
  discriminatorLossOf,
  conditionalPatchScores,
  lambdaRemedies,
  concatSource,
  meanAbsolute,
  patchLossField,
  patchLosses,
  sidesOf,
  translation,
  translationOptions,
} from "./translation.ts";
import type { Scorer } from "./views.ts";
import type { Pix2pixOptions } from "./option-types.ts";

export const options = z.object({
  direction: choiceField("which image of a pair is the input, and which the target", directions).default("AtoB"),
  generator: choiceField("architecture of the generator", Object.keys(generators) as [keyof typeof generators]).default(
    "unet",
  ),
  blocks: integerField("residual blocks, with --generator residual (default: 6)", {
    min: 0,
    max: 100,
  }).optional(),
  loss: patchLossField("non-saturating"),
  lambda: numberField("weight of the L1 distance to the target image (lambda)", { min: 0 }).default(100),
  adversarial: numberField("weight of the adversarial loss", { min: 0 }).default(1),
  ...translationOptions,
});

/**
 * Translation learned from aligned pairs: a conditional patch discriminator plus an L1 loss against the target image.
 * @throws OptionError for invalid options.
 * @source Isola et al., arXiv 1611.07004.
 */
export const pix2pix = defineModel<typeof options, Pix2pixOptions>({
  name: "pix2pix",
  summary: "image translation learned from aligned pairs",
  source: "Isola et al., arXiv 1611.07004",
  learnsFrom: "aligned pairs",
  options,
  defaults: {
    batch: 16,
    length: { epochs: 50, minSteps: 2000 },
    learningRate: 2e-4,
    schedule: "constant-linear",
    rateEnd: 0,
  },
  build,
});

/** @throws OptionError for blocks with a net that has none, or when no term of the generator's loss is left. */
function requireSense(chosen: z.output<typeof options>): void {
  if (chosen.generator === "unet" && chosen.blocks !== undefined) {
    throw new OptionError(
      `pix2pix: blocks are for a residual generator - got ${chosen.blocks} with a U-Net`,
      "remove --blocks or add --generator residual",
    );
  }
  if (chosen.adversarial + chosen.lambda > 0) return;
  throw new OptionError(
    "pix2pix: the generator needs an L1 or an adversarial loss, but both weights are 0",
    "raise --lambda or --adversarial",
  );
}

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  requireSense(chosen);
  const image = imageOf(data);
  const [height, width, colours] = image as [number, number, number];
  const objective = patchLosses[chosen.loss];
  const { direction } = chosen;
  const { map, translator } = translation(direction, image);
  const given = (batch: Tensor): { readonly source: Tensor; readonly target: Tensor } => {
    const { a, b } = sidesOf(batch);
    return direction === "AtoB" ? { source: a, target: b } : { source: b, target: a };
  };
  const { map: scoreMap, discriminator } = conditionalPatchScores("discriminator", image);
  const augmented = augmentedFor(chosen, objective, image, "");
  /** Real and generated pairs are scored in separate passes, because of batch normalisation. */
  const scorerOf =
    ({ nets }: Scope): Scorer =>
    (shown) =>
      shown.map((images) => nets.discriminator!(images));
  return {
    nets: {
      [direction]: generators[chosen.generator](chosen, image),
      discriminator: discriminatorWithHeads(chosen, "batch", [height, width, 2 * colours], augmented),
      ...augmented.nets,
    },
    steps: [
      {
        name: "discriminator",
        scalars: scoreScalars(objective, augmented),
        updates: ["discriminator"],
        optimizer: adamOf(chosen),
        loss: (batch, scope) => {
          const { source, target } = given(batch);
          const shown = {
            real: concatSource(source, target),
            fake: concatSource(source, scope.nets[direction]!(source)),
          };
          const { loss, logs } = discriminatorLossOf(objective, augmented, scorerOf(scope), shown, "", scope);
          // Halving the loss slows the discriminator relative to the generator.
          return { loss: mul(loss, 0.5), logs: logs! };
        },
      },
      {
        name: "generator",
        scalars: ["adversarial", "distance"],
        updates: [direction],
        optimizer: adamOf(chosen),
        loss: (batch, scope) => {
          const { source, target } = given(batch);
          const made = scope.nets[direction]!(source);
          const distance = meanAbsolute(made, target);
          const adversarial = generatorAdversarialLoss(
            objective,
            augmented,
            scorerOf(scope),
            concatSource(source, made),
            "",
            scope,
          );
          const loss = add(mul(adversarial, chosen.adversarial), mul(distance, chosen.lambda));
          return { loss, logs: { adversarial, distance } };
        },
      },
    ],
    maps: { [direction]: map, ...scoreMap },
    translators: { [direction satisfies Direction]: { ...translator, discriminator } },
    // With adversarial weight 0, the generator learns nothing from the discriminator.
    adversarial:
      chosen.adversarial === 0
        ? []
        : [{ net: direction, step: "generator", discriminator: "discriminator", accuracy: accuracyOf(objective) }],
    remedies: [
      ...lambdaRemedies(chosen.lambda),
      ...noiseRemedies(chosen.instanceNoise),
      ...augmentationRemedies(chosen.augment, "image"),
    ],
  };
}
