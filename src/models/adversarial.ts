import { z } from "zod";
import { choiceField, integerField, integerListField, numberField } from "../base/options.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { discriminatorNet, generatorNet, usualHidden } from "../nn/index.ts";
import type { AdversarialLoss } from "../objectives/index.ts";
import { add, concat, div, mean, mul, slice, step as isPositive, sub } from "../ops/index.ts";
import { type Optimizer, type Schedule, adam, withEma } from "../optim/index.ts";
import type { DataInfo, Losses, Model, Net, Scope, StepScope, TrainStep } from "./model.ts";

// What the players of all adversarial models share. Images are [0, 1] outside and [-1, 1] between the players.

/** Options of every adversarial model: its nets, the noise on what the discriminator sees, and the averaged generator. */
export const adversarialOptions = {
  latent: integerField("dimensions of the noise that becomes items", { min: 1 }).default(64),
  arch: choiceField("nets of linear layers (mlp) or of convolutions (dcgan); dcgan for images", [
    "mlp",
    "dcgan",
  ]).optional(),
  hidden: integerListField(
    "widths of hidden layers, or channels from the image inwards; 128,128, or 64,128,... down to 4 pixels",
  ).optional(),
  discriminatorHidden: integerListField(
    "the same for the discriminator, where it is not like the generator",
  ).optional(),
  activation: choiceField("between the generator's layers", ["relu", "leaky-relu", "tanh"]).default("relu"),
  discriminatorActivation: choiceField("between the discriminator's layers", ["relu", "leaky-relu", "tanh"]).default(
    "leaky-relu",
  ),
  slope: numberField("of leaky-relu below 0", { min: 0, max: 1 }).default(0.2),
  initialBias: numberField("biases of the generator's hidden layers at the start").default(0),
  discriminatorNorm: choiceField("normalisation in the discriminator; batch for dcgan, none for mlp", [
    "none",
    "batch",
    "layer",
    "spectral",
  ]).optional(),
  discriminatorRate: numberField("learning rate of the discriminator, as a multiple of the generator's", {
    above: 0,
  }).default(1),
  beta1: numberField("share of the mean gradient that Adam keeps", { min: 0, max: 0.999 }).default(0.5),
  instanceNoise: numberField(
    "deviation of the noise on all that the discriminator sees, real and generated, falling to 0 at the end of the run",
    { min: 0 },
  ).default(0),
  ema: numberField("share that the averaged generator keeps at each step; 0 for none", {
    min: 0,
    max: 0.99999,
  }).default(0.999),
};

const schema = z.object(adversarialOptions);
export type AdversarialOptions = z.output<typeof schema>;

/** The players, and what they do whatever their losses are. */
export interface Game {
  readonly nets: Model["nets"];
  readonly abilities: Pick<Model, "maps" | "generator" | "discriminator">;
  /** Items as the players see them. */
  inner(items: Tensor): Tensor;
  /** As many generated items as there are in the batch; the same ones in every step that asks. */
  fakes(scope: Scope, batch: Tensor): Tensor;
  /** What the discriminator is shown of items: with noise, where there is any. `who` names the noise. */
  shown(items: Tensor, who: string, scope: Scope): Tensor;
  /** Scores of real and generated items, as they are shown. */
  scores(discriminator: Net, real: Tensor, fake: Tensor): { readonly real: Tensor; readonly fake: Tensor };
  readonly optimizer: TrainStep["optimizer"];
}

export interface GameRules {
  /** Items that the discriminator judges together. */
  readonly packing?: number;
  /** The discriminator's normalisation where none is chosen. */
  readonly norm?: AdversarialOptions["discriminatorNorm"];
  readonly optimizer?: (rate: Schedule) => Optimizer;
}

/** @throws OptionError when the nets do not fit the items. */
export function game(chosen: AdversarialOptions, data: DataInfo, rules: GameRules = {}): Game {
  const { latent, slope, initialBias, instanceNoise } = chosen;
  const { packing = 1 } = rules;
  const arch = chosen.arch ?? (data.kind === "image" ? "dcgan" : "mlp");
  const hidden = chosen.hidden ?? usualHidden(arch, data.shape);
  const norm = chosen.discriminatorNorm ?? rules.norm ?? (arch === "dcgan" ? "batch" : "none");
  const generator = generatorNet(
    { arch, hidden, latent, slope, initialBias, activation: chosen.activation },
    data.shape,
  );
  const discriminator = discriminatorNet(
    { arch, hidden: chosen.discriminatorHidden ?? hidden, norm, slope, activation: chosen.discriminatorActivation },
    [...data.shape.slice(0, -1), data.shape.at(-1)! * packing],
  );
  const image = data.kind === "image";
  const inner = (items: Tensor): Tensor => (image ? sub(mul(items, 2), 1) : items);
  const outer = (items: Tensor): Tensor => (image ? mul(add(items, 1), 0.5) : items);
  return {
    nets: { generator, discriminator },
    inner,
    fakes: (scope, batch) => scope.nets.generator!(scope.noise("z", "normal", [staticDim(batch, 0, "fakes"), latent])),
    shown: (items, who, scope) => {
      if (instanceNoise === 0) return items;
      const deviation = scope.scalar("instanceNoise", (step, steps) => instanceNoise * (1 - step / steps));
      const drawn = scope.noise(`instance noise ${who}`, "normal", items.shape as readonly number[]);
      return add(items, mul(drawn, deviation));
    },
    scores: norm === "batch" ? apart : together,
    optimizer: (rate, net) => {
      const own: Schedule = net === "discriminator" ? (step) => chosen.discriminatorRate * rate(step) : rate;
      const rule = (rules.optimizer ?? ((r) => adam({ learningRate: r, beta1: chosen.beta1, beta2: 0.999 })))(own);
      return net === "generator" && chosen.ema > 0 ? withEma(rule, chosen.ema) : rule;
    },
    abilities: {
      maps: {
        generator: {
          inputs: { z: [latent] },
          outputs: ({ z: code }, { nets }) => ({ samples: outer(nets.generator!(code!)) }),
        },
        discriminator: {
          inputs: { x: data.shape },
          outputs: ({ x }, { nets }) => ({ score: nets.discriminator!(copies(inner(x!), packing)) }),
        },
      },
      generator: { map: "generator", input: "z", output: "samples", noise: "normal", shape: [latent] },
      discriminator: { map: "discriminator", input: "x", output: "score" },
    },
  };
}

/** An item judged together with itself. */
function copies(items: Tensor, packing: number): Tensor {
  return packing === 1
    ? items
    : concat(
        Array.from({ length: packing }, () => items),
        items.shape.length - 1,
      );
}

/** Each with batch statistics of its own. */
function apart(discriminator: Net, real: Tensor, fake: Tensor) {
  return { real: discriminator(real), fake: discriminator(fake) };
}

/** The same in one pass, for discriminators that judge each item by itself. */
function together(discriminator: Net, real: Tensor, fake: Tensor) {
  const scores = discriminator(concat([real, fake]));
  const n = staticDim(real, 0, "scores");
  return { real: slice(scores, 0, 0, n), fake: slice(scores, 0, n, staticDim(scores, 0, "scores")) };
}

/** One step of the discriminator. */
export function discriminatorLoss(game: Game, objective: AdversarialLoss, batch: Tensor, scope: StepScope): Losses {
  const real = game.shown(game.inner(batch), "of real items", scope);
  const fake = game.shown(game.fakes(scope, batch), "of generated items", scope);
  const scores = game.scores(scope.nets.discriminator!, real, fake);
  return { loss: objective.discriminator(scores.real, scores.fake), logs: scoreLogs(objective, scores) };
}

/** One step of the generator, against the discriminator as it is now. */
export function generatorLoss(game: Game, objective: AdversarialLoss, batch: Tensor, scope: StepScope): Losses {
  const fake = game.shown(game.fakes(scope, batch), "of the generator's items", scope);
  return { loss: objective.generator(scope.nets.discriminator!(fake)) };
}

/** How well the discriminator tells items apart: mean scores, and the share that lies on its side of the boundary. */
export function scoreLogs(
  { boundary }: AdversarialLoss,
  { real, fake }: { readonly real: Tensor; readonly fake: Tensor },
): Record<string, Tensor> {
  const means = { real: mean(real), fake: mean(fake) };
  if (boundary === null) return { ...means, gap: sub(means.real, means.fake) };
  const right = add(mean(isPositive(sub(real, boundary))), mean(isPositive(sub(boundary, fake))));
  return { ...means, accuracy: div(right, 2) };
}
