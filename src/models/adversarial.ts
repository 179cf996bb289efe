import { z } from "zod";
import { threeDigits } from "../base/digits.ts";
import { choiceField, integerField, integerListField, numberField } from "../base/options.ts";
import { sampleEmd } from "../base/scalar-names.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import {
  type DiscriminatorOptions,
  type GeneratorOptions,
  discriminatorNet,
  generatorNet,
  defaultHidden,
} from "../nn/index.ts";
import type { AdversarialLoss } from "../objectives/index.ts";
import { add, div, mean, step as isPositive, sub } from "../ops/index.ts";
import { type Optimizer, type Schedule, adam, emaWarmup, withEma } from "../optim/index.ts";
import { type Augmentation, augmentationOf, augmentationOptions, augmentationRemedies } from "./augmentation.ts";
import { instanceNoiseField, noiseRemedies, withInstanceNoise } from "./instance-noise.ts";
import {
  type DataInfo,
  type Losses,
  type Model,
  type Net,
  type Remedy,
  type Scope,
  type StepScope,
  type TrainStep,
  type TrainingDefaults,
  itemName,
} from "./model.ts";
import { fromModelRange, toModelRange } from "./model-range.ts";
import {
  type Scorer,
  type Pair,
  type NetRole,
  type View,
  headOf,
  headScores,
  inOnePass,
  pairScores,
  weighed,
} from "./views.ts";

// Shared by all adversarial models: nets, losses, logs and steps of a generator against a discriminator.

/** Options of every adversarial model: its nets, instance noise, augmentation and the EMA of the generator. */
export const adversarialOptions = {
  latent: integerField("dimensions of the generator's noise z (default: 64; for points, their dimension, at most 64)", {
    min: 1,
  }).optional(),
  arch: choiceField(
    "architecture: linear layers (mlp) or the convolutions of DCGAN (dcgan) (default: dcgan for images, mlp for points)",
    ["mlp", "dcgan"],
  ).optional(),
  hidden: integerListField(
    "widths of the hidden layers; channels for dcgan, from the image inwards (default: 128,128; for dcgan 64,128,... down to a side of 4 to 7 pixels)",
  ).optional(),
  discriminatorHidden: integerListField(
    "widths of the discriminator's hidden layers (default: as --hidden)",
  ).optional(),
  activation: choiceField("activation of the generator's hidden layers", ["relu", "leaky-relu", "tanh"]).default(
    "relu",
  ),
  discriminatorActivation: choiceField("activation of the discriminator's hidden layers", [
    "relu",
    "leaky-relu",
    "tanh",
  ]).default("leaky-relu"),
  slope: numberField("slope of leaky-relu for negative inputs", { min: 0, max: 1 }).default(0.2),
  initialBias: numberField(
    "initial biases of the generator's hidden layers, with --arch mlp; large negative ones kill its ReLUs",
  ).default(0),
  discriminatorNorm: choiceField(
    "normalisation in the discriminator (default: none for mlp; batch for dcgan, layer with wgan-gp)",
    ["none", "batch", "layer", "spectral"],
  ).optional(),
  discriminatorRate: numberField("learning rate of the discriminator as a multiple of the generator's", {
    above: 0,
  }).default(1),
  beta1: numberField("Adam beta1; 0.5 is more stable for GANs than the usual 0.9", { min: 0, max: 0.999 }).default(0.5),
  instanceNoise: instanceNoiseField,
  ema: numberField(
    "decay of the generator's exponential moving average (EMA), smaller in the first steps; 0 for none",
    {
      min: 0,
      max: 0.99999,
    },
  ).default(0.999),
  ...augmentationOptions,
};

/** Training on points takes many steps and a strongly decaying learning rate, because their modes are narrow. */
export const pointDefaults: TrainingDefaults = {
  batch: 256,
  length: { steps: 25_000 },
  learningRate: 1e-3,
  rateEnd: 0.01,
};

const schema = z.object(adversarialOptions);
export type AdversarialOptions = z.output<typeof schema>;

/** A generator against a discriminator: nets, scores and logs that do not depend on the loss. */
export interface Game {
  readonly nets: Model["nets"];
  /** Names of the two nets. */
  readonly generator: string;
  readonly discriminator: string;
  readonly abilities: Pick<Model, "maps" | "generator" | "discriminator" | "bestBy"> &
    Required<Pick<Model, "adversarial" | "reluNets" | "remedies">>;
  /** Names of the scalars that a discriminator step logs. */
  readonly scoreScalars: readonly string[];
  /** Items in the range of the nets: images in [-1, 1]. */
  inner(items: Tensor): Tensor;
  /** Items in the range of the data: images in [0, 1]. */
  outer(items: Tensor): Tensor;
  /** Generated items, as many as in the batch; every step that requests them gets the same ones. */
  fakes(scope: Scope, batch: Tensor): Tensor;
  readonly augmentation: Augmentation;
  /** The discriminator's input: augmented items plus instance noise, if any. `who` names the noise input. */
  shown(items: Tensor, who: string, scope: Scope): Tensor;
  /** Scores of all heads for several batches of discriminator inputs. */
  scores(discriminator: Net, shown: readonly Tensor[]): Tensor[];
  readonly objective: AdversarialLoss;
  readonly optimizer: TrainStep["optimizer"];
}

export interface GameRules {
  /** Losses of the discriminator and the generator. */
  readonly objective: AdversarialLoss;
  /** Suffix of the nets' names, for models with several generator-discriminator pairs. */
  readonly suffix?: string;
  /** Number of items that the discriminator scores jointly (packing); its map then takes packs. */
  readonly packing?: number;
  /** Normalisation of the discriminator if the option is not given. */
  readonly norm?: AdversarialOptions["discriminatorNorm"];
  readonly optimizer?: (rate: Schedule) => Optimizer;
  /** Remedies specific to the model, listed before those of all adversarial models. */
  readonly remedies?: readonly Remedy[];
  /** Further nets that have the same activation as the generator or the discriminator. */
  readonly alike?: Readonly<Partial<Record<NetRole, readonly string[]>>>;
  /** Name of the step that trains the discriminator, if it differs from that of the net. */
  readonly step?: string;
}

/**
 * Latent dimensions if the option is not given. Fewer than the items have would restrict samples to a lower-dimensional
 * manifold; with many more, the generator is slow to use them.
 */
export function latentOf({ latent }: AdversarialOptions, { kind, shape }: DataInfo): number {
  return latent ?? (kind === "image" ? 64 : Math.min(64, shape[0]!));
}

/** Options of both nets, with defaults filled in. */
export function netOptions(
  chosen: AdversarialOptions,
  data: DataInfo,
  rules: Pick<GameRules, "norm"> = {},
): { readonly generator: GeneratorOptions; readonly discriminator: DiscriminatorOptions } {
  const { slope, initialBias, activation, discriminatorActivation } = chosen;
  const arch = chosen.arch ?? (data.kind === "image" ? "dcgan" : "mlp");
  const hidden = chosen.hidden ?? defaultHidden(arch, data.shape);
  const norm = chosen.discriminatorNorm ?? rules.norm ?? (arch === "dcgan" ? "batch" : "none");
  return {
    generator: { arch, hidden, latent: latentOf(chosen, data), slope, initialBias, activation },
    discriminator: {
      arch,
      hidden: chosen.discriminatorHidden ?? hidden,
      norm,
      slope,
      activation: discriminatorActivation,
    },
  };
}

/**
 * Builds the nets and losses of a generator against a discriminator.
 * @throws OptionError when the nets or the augmentation do not fit the items.
 */
export function adversarialGame(chosen: AdversarialOptions, data: DataInfo, rules: GameRules): Game {
  const latent = latentOf(chosen, data);
  const { objective, packing = 1, suffix = "" } = rules;
  const names = { generator: `generator${suffix}`, discriminator: `discriminator${suffix}` };
  const options = netOptions(chosen, data, rules);
  const generator = generatorNet(options.generator, data.shape);
  const seen = [...data.shape.slice(0, -1), data.shape.at(-1)! * packing];
  const augmentation = augmentationOf(chosen, { data, boundary: objective.boundary, packing, suffix });
  const discriminator = discriminatorNet({ ...options.discriminator, outputs: augmentation.views.length }, seen);
  const item = itemName(data);
  const inner = (items: Tensor) => toModelRange(data.kind, items);
  const outer = (items: Tensor) => fromModelRange(data.kind, items);
  const game = {
    generator: [names.generator, ...(rules.alike?.generator ?? [])],
    discriminator: [names.discriminator, ...(rules.alike?.discriminator ?? [])],
  };
  return {
    nets: { [names.generator]: generator, [names.discriminator]: discriminator, ...augmentation.nets },
    ...names,
    inner,
    outer,
    fakes: (scope, batch) =>
      scope.nets[names.generator]!(scope.noise("z", "normal", [staticDim(batch, 0, "fakes"), latent])),
    augmentation,
    shown: withInstanceNoise(chosen.instanceNoise),
    scores: options.discriminator.norm === "batch" ? apart : inOnePass,
    optimizer: (rate, net) => {
      const own: Schedule = net === names.discriminator ? (step) => chosen.discriminatorRate * rate(step) : rate;
      const rule = (rules.optimizer ?? ((r) => adam({ learningRate: r, beta1: chosen.beta1, beta2: 0.999 })))(own);
      return net === names.generator && chosen.ema > 0 ? withEma(rule, emaWarmup(chosen.ema)) : rule;
    },
    objective,
    scoreScalars: scoreScalars(objective, augmentation),
    abilities: {
      maps: {
        generator: {
          inputs: { z: [latent] },
          outputs: ({ z: code }, { nets }) => ({ [item]: outer(nets[names.generator]!(code!)) }),
        },
        discriminator: {
          inputs: { [item]: data.shape },
          outputs: ({ [item]: x }, { nets }) => ({
            score: headOf(nets[names.discriminator]!(inner(x!)), 0),
          }),
        },
      },
      generator: { map: "generator", input: "z", output: item, noise: "normal", shape: [latent] },
      discriminator: { map: "discriminator", input: item, output: "score", boundary: objective.boundary },
      adversarial: [
        {
          net: names.generator,
          step: names.generator,
          discriminator: rules.step ?? names.discriminator,
          accuracy: accuracyOf(objective),
        },
      ],
      reluNets: (["generator", "discriminator"] as const).flatMap((role) =>
        options[role].activation === "relu" ? game[role] : [],
      ),
      remedies: [...(rules.remedies ?? []), ...gameRemedies(chosen, data.kind, game)],
      // No distance between images is computed during training.
      ...(data.kind === "points" && { bestBy: { scalar: sampleEmd, better: "lower" } }),
    },
  };
}

/**
 * Remedies that every adversarial model offers; `nets` lists the nets that share the activation of the generator or the
 * discriminator.
 */
function gameRemedies(
  chosen: AdversarialOptions,
  kind: DataInfo["kind"],
  nets: Readonly<Record<NetRole, readonly string[]>>,
): Remedy[] {
  const { initialBias, discriminatorRate, instanceNoise, augment, activation, discriminatorActivation } = chosen;
  const remedies: (Remedy | false)[] = [
    initialBias < 0 && {
      option: "initialBias",
      against: ["complete-collapse", "dead-units"],
      value: 0,
      reason: `the generator's hidden layers start with a bias of ${threeDigits(initialBias)}, so few of their units are ever active`,
      nets: nets.generator,
    },
    discriminatorRate !== 1 && {
      option: "discriminatorRate",
      against: [
        "complete-collapse",
        "partial-collapse",
        "low-fidelity",
        "no-convergence",
        "discriminator-saturation",
        "vanishing-gradient",
      ],
      value: 1,
      reason: `the discriminator's learning rate is ${threeDigits(discriminatorRate)} times the generator's, so one net outpaces the other`,
    },
    ...noiseRemedies(instanceNoise),
    ...augmentationRemedies(augment, kind),
    activation === "relu" && leakyRemedy("activation", nets.generator),
    discriminatorActivation === "relu" && leakyRemedy("discriminatorActivation", nets.discriminator),
  ];
  return remedies.filter((remedy) => remedy !== false);
}

function leakyRemedy(option: keyof AdversarialOptions, nets: readonly string[]): Remedy {
  return {
    option,
    against: ["dead-units"],
    value: "leaky-relu",
    reason: "a leaky ReLU has a gradient below 0 too, so its units can recover",
    nets,
  };
}

/** With batch normalisation, real and generated items are scored in separate passes; otherwise in one. */
function apart(discriminator: Net, shown: readonly Tensor[]): Tensor[] {
  return shown.map(discriminator);
}

/** The discriminator's inputs under one view. */
export function seenBy(view: View, side: keyof Pair, game: Game, items: Tensor, who: string, scope: Scope): Tensor {
  return game.shown(view[side](items, who, scope), who, scope);
}

/** The discriminator's inputs in its own step, by view: real items and as many generated ones. */
export function shownPairs(game: Game, batch: Tensor, scope: Scope): Pair[] {
  const [real, fake] = [game.inner(batch), game.fakes(scope, batch)];
  return game.augmentation.views.map((view) => ({
    real: seenBy(view, "real", game, real, "of real items", scope),
    fake: seenBy(view, "fake", game, fake, "of generated items", scope),
  }));
}

/** Scores by the discriminator, with its current or its unrolled parameters. */
export function scorerOf({ scores }: Game, discriminator: Net): Scorer {
  return (shown) => scores(discriminator, shown);
}

function discriminatorLoss(game: Game, batch: Tensor, scope: StepScope): Losses {
  const { objective, augmentation } = game;
  const scorer = scorerOf(game, scope.nets[game.discriminator]!);
  const scores = pairScores(scorer, shownPairs(game, batch, scope));
  const losses = scores.map(({ real, fake }) => objective.discriminator(real, fake));
  return { loss: weighed(augmentation.views, "discriminator", losses), logs: gameLogs(game, scores[0]!, scope) };
}

/** Loss of generated items, given by view, against a discriminator. */
export function generatedLoss(game: Game, discriminator: Net, shown: readonly Tensor[]): Tensor {
  const losses = headScores(scorerOf(game, discriminator), shown).map(game.objective.generator);
  return weighed(game.augmentation.views, "generator", losses);
}

/** Loss of the generator against the current discriminator. */
function generatorLoss(game: Game, batch: Tensor, scope: StepScope): Losses {
  const fake = game.fakes(scope, batch);
  const shown = game.augmentation.views.map((view) =>
    seenBy(view, "fake", game, fake, "of the generator's items", scope),
  );
  return { loss: generatedLoss(game, scope.nets[game.discriminator]!, shown) };
}

export function discriminatorStep(game: Game): TrainStep {
  return {
    name: game.discriminator,
    scalars: game.scoreScalars,
    updates: [game.discriminator],
    optimizer: game.optimizer,
    loss: (batch, scope) => discriminatorLoss(game, batch, scope),
  };
}

export function generatorStep(game: Game): TrainStep {
  return {
    name: game.generator,
    scalars: [],
    updates: [game.generator],
    optimizer: game.optimizer,
    loss: (batch, scope) => generatorLoss(game, batch, scope),
  };
}

/** One discriminator update, then one generator update, on the same noise. */
export function alternately(game: Game): TrainStep[] {
  return [discriminatorStep(game), generatorStep(game)];
}

/** What a discriminator step logs of the main head's scores; adaptive augmentation is updated from the same scores. */
export function gameLogs(
  { objective, augmentation }: Pick<Game, "objective" | "augmentation">,
  scores: Pair,
  scope: Scope,
): Record<string, Tensor> {
  return { ...scoreLogs(objective, scores), ...augmentation.adapt(scores.real, scope) };
}

/** Names of the scalars that `gameLogs` returns. */
export function scoreScalars(objective: AdversarialLoss, augmentation: Pick<Augmentation, "scalars">): string[] {
  return ["real", "fake", accuracyOf(objective) ?? "gap", ...augmentation.scalars];
}

/** Name of the scalar with the discriminator's accuracy; null for a critic, which has none. */
export function accuracyOf({ boundary }: AdversarialLoss): string | null {
  return boundary === null ? null : "accuracy";
}

/** Mean scores of real and generated items, and the share on the correct side of the decision boundary. */
export function scoreLogs({ boundary }: AdversarialLoss, { real, fake }: Pair): Record<string, Tensor> {
  const means = { real: mean(real), fake: mean(fake) };
  if (boundary === null) return { ...means, gap: sub(means.real, means.fake) };
  const right = add(mean(isPositive(sub(real, boundary.score))), mean(isPositive(sub(boundary.score, fake))));
  return { ...means, accuracy: div(right, 2) };
}
