import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { choiceField, integerField, numberField } from "../base/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import { imagePool } from "../nn/index.ts";
import type { AdversarialLoss } from "../objectives/index.ts";
import { add, mul } from "../ops/index.ts";
import { accuracyOf, scoreScalars } from "./adversarial.ts";
import { type Augmentation, augmentationRemedies } from "./augmentation.ts";
import { noiseRemedies } from "./instance-noise.ts";
import {
  type AdversarialRole,
  type DataInfo,
  type Direction,
  type Losses,
  type Model,
  type Remedy,
  type StepScope,
  type TrainStep,
  defineModel,
} from "./model.ts";
import {
  adamOf,
  augmentedFor,
  generatorAdversarialLoss,
  generators,
  imageOf,
  discriminatorWithHeads,
  discriminatorLossOf,
  patchScores,
  lambdaRemedies,
  meanAbsolute,
  meanSquared,
  patchLossField,
  patchLosses,
  sidesOf,
  translation,
  translationOptions,
} from "./translation.ts";
import { type Scorer, inOnePass } from "./views.ts";
import type { CycleganOptions } from "./option-types.ts";

export const options = z.object({
  blocks: integerField("residual blocks per generator", { min: 0, max: 100 }).default(6),
  loss: patchLossField("least-squares"),
  cycle: choiceField("cycles with a cycle-consistency loss; forward is A to B to A", [
    "both",
    "forward",
    "backward",
    "none",
  ]).default("both"),
  cycleLoss: choiceField("cycle-consistency loss: absolute (l1) or squared error", ["l1", "squared"]).default("l1"),
  lambda: numberField("weight of the cycle-consistency loss (lambda)", { min: 0 }).default(10),
  identity: numberField(
    "weight of the identity loss as a fraction of lambda; 0.5 keeps colours where both domains share them",
    { min: 0 },
  ).default(0),
  adversarial: numberField("weight of the adversarial loss", { min: 0 }).default(1),
  pool: integerField(
    "size of the image pool: half of the generated images that a discriminator sees are older ones from it",
    {
      min: 0,
      max: 1000,
    },
  ).default(50),
  ...translationOptions,
});

type Options = z.output<typeof options>;

/**
 * Two generators between unpaired domains A and B, with a patch discriminator for each domain, an L1 cycle-consistency
 * loss and an identity loss.
 * @throws OptionError for invalid options.
 * @source Zhu et al., arXiv 1703.10593.
 */
export const cyclegan = defineModel<typeof options, CycleganOptions>({
  name: "cyclegan",
  summary: "image translation between two unpaired image folders",
  source: "Zhu et al., arXiv 1703.10593",
  learnsFrom: "domains",
  options,
  defaults: {
    batch: 1,
    length: { epochs: 200, minSteps: 2000 },
    learningRate: 2e-4,
    schedule: "constant-linear",
    rateEnd: 0,
  },
  build,
});

function build(chosen: Options, data: DataInfo): Model {
  requireSomething(chosen);
  const image = imageOf(data);
  const objective = patchLosses[chosen.loss];
  const generator = generators.residual(chosen, image);
  const augmented = {
    A: augmentedFor(chosen, objective, image, "A"),
    B: augmentedFor(chosen, objective, image, "B"),
  };
  const pool = imagePool(chosen.pool, image);
  const [there, back] = [translation("AtoB", image), translation("BtoA", image)];
  const scoreMaps = { A: patchScores("discriminatorA", image), B: patchScores("discriminatorB", image) };
  return {
    nets: {
      AtoB: generator,
      BtoA: generator,
      discriminatorA: discriminatorWithHeads(chosen, "instance", image, augmented.A),
      discriminatorB: discriminatorWithHeads(chosen, "instance", image, augmented.B),
      poolA: pool,
      poolB: pool,
      ...augmented.A.nets,
      ...augmented.B.nets,
    },
    steps: [
      {
        name: "generators",
        scalars: weightedTerms(chosen).map(([name]) => name),
        updates: ["AtoB", "BtoA"],
        optimizer: adamOf(chosen),
        loss: (batch, scope) => generatorsLoss(chosen, objective, augmented, batch, scope),
      },
      discriminatorStep("A", chosen, objective, augmented.A),
      discriminatorStep("B", chosen, objective, augmented.B),
    ],
    // With adversarial weight 0, the generators learn nothing from the discriminators.
    adversarial: chosen.adversarial === 0 ? [] : [roleOf("AtoB", "B", objective), roleOf("BtoA", "A", objective)],
    remedies: [
      ...lambdaRemedies(chosen.lambda),
      ...cycleRemedies(chosen.cycle),
      ...noiseRemedies(chosen.instanceNoise),
      ...augmentationRemedies(chosen.augment, "image"),
    ],
    maps: { AtoB: there.map, BtoA: back.map, ...scoreMaps.A.map, ...scoreMaps.B.map },
    translators: {
      AtoB: { ...there.translator, discriminator: scoreMaps.B.discriminator },
      BtoA: { ...back.translator, discriminator: scoreMaps.A.discriminator },
    },
    ...(chosen.pool > 0 && {
      kept: {
        "Pool of A": { net: "poolA", stat: "images", shape: image },
        "Pool of B": { net: "poolB", stat: "images", shape: image },
      },
    }),
  };
}

function roleOf(net: Direction, domain: "A" | "B", objective: AdversarialLoss): AdversarialRole {
  return { net, step: "generators", discriminator: `discriminator${domain}`, accuracy: accuracyOf(objective) };
}

function cycleRemedies(cycle: Options["cycle"]): Remedy[] {
  if (cycle === "both") return [];
  return [
    {
      option: "cycle",
      against: ["complete-collapse"],
      value: "both",
      reason: "cycle consistency ties the translation to its input",
    },
  ];
}

/** Terms of the generators' loss with a nonzero weight. */
function weightedTerms(chosen: Options): (readonly [name: Term, weight: number])[] {
  const { adversarial, lambda, identity } = chosen;
  const weights: Readonly<Record<Term, number>> = {
    AtoB: adversarial,
    BtoA: adversarial,
    cycleA: weightOf("forward", chosen),
    cycleB: weightOf("backward", chosen),
    identityA: lambda * identity,
    identityB: lambda * identity,
  };
  return (Object.entries(weights) as [Term, number][]).filter(([, weight]) => weight > 0);
}

/** Terms of the generators' loss, by direction or domain. */
type Term = Direction | `${"cycle" | "identity"}${"A" | "B"}`;

/** Translated images of the batch, made before the generators are updated. */
function translated(domain: "A" | "B", batch: Tensor, scope: StepScope): Tensor {
  const { a, b } = sidesOf(batch);
  return scope.carry(`made${domain}`, () => (domain === "A" ? scope.nets.BtoA!(b) : scope.nets.AtoB!(a)));
}

function weightOf(way: "forward" | "backward", { cycle, lambda }: Options): number {
  return cycle === way || cycle === "both" ? lambda : 0;
}

/** @throws OptionError when no term of the generators' loss is left, or a requested one has weight 0. */
function requireSomething(chosen: Options): void {
  const { lambda, identity } = chosen;
  if (identity > 0 && lambda === 0) {
    throw new OptionError(
      `cyclegan: the identity loss is weighted relative to lambda - got identity ${identity} with lambda 0`,
      "use --cycle none to drop the cycle loss and keep lambda for the identity loss",
    );
  }
  if (weightedTerms(chosen).length > 0) return;
  throw new OptionError(
    "cyclegan: the generators need an adversarial, cycle-consistency or identity loss, but all of their weights are 0",
    "raise --adversarial or --lambda, or set --cycle",
  );
}

function generatorsLoss(
  chosen: Options,
  objective: AdversarialLoss,
  augmented: Readonly<Record<"A" | "B", Augmentation>>,
  batch: Tensor,
  scope: StepScope,
): Losses {
  const { a, b } = sidesOf(batch);
  const { nets } = scope;
  const [madeA, madeB] = [translated("A", batch, scope), translated("B", batch, scope)];
  const distance = chosen.cycleLoss === "l1" ? meanAbsolute : meanSquared;
  const fooled = (domain: "A" | "B", made: Tensor): Tensor => {
    const scorer: Scorer = (shown) => inOnePass(nets[`discriminator${domain}`]!, shown);
    return generatorAdversarialLoss(objective, augmented[domain], scorer, made, ` of ${domain}`, scope);
  };
  const terms: Readonly<Record<Term, () => Tensor>> = {
    AtoB: () => fooled("B", madeB),
    BtoA: () => fooled("A", madeA),
    cycleA: () => distance(nets.BtoA!(madeB), a),
    cycleB: () => distance(nets.AtoB!(madeA), b),
    identityA: () => distance(nets.BtoA!(a), a),
    identityB: () => distance(nets.AtoB!(b), b),
  };
  const present = weightedTerms(chosen).map(([name, weight]) => ({ name, weight, value: terms[name]() }));
  return {
    loss: present.map(({ weight, value }) => mul(value, weight)).reduce(add),
    logs: Object.fromEntries(present.map(({ name, value }) => [name, value])),
  };
}

/** Step of the discriminator of one domain: real images against images from the pool of generated ones. */
function discriminatorStep(
  domain: "A" | "B",
  chosen: Options,
  objective: AdversarialLoss,
  augmented: Augmentation,
): TrainStep {
  const name = `discriminator${domain}`;
  return {
    name,
    scalars: scoreScalars(objective, augmented),
    updates: [name],
    optimizer: adamOf(chosen),
    loss: (batch, scope) => {
      const { a, b } = sidesOf(batch);
      const fake = scope.nets[`pool${domain}`]!(translated(domain, batch, scope));
      const scorer: Scorer = (shown) => inOnePass(scope.nets[name]!, shown);
      return discriminatorLossOf(
        objective,
        augmented,
        scorer,
        { real: domain === "A" ? a : b, fake },
        ` of ${domain}`,
        scope,
      );
    },
  };
}
