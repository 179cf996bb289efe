import { z } from "zod";
import type { Shape } from "../base/ndarray.ts";
import { integerField, numberOrField } from "../base/options.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { type Layer, discriminatorNet } from "../nn/index.ts";
import { nonSaturating } from "../objectives/index.ts";
import { add, erf, mul, reshape, slice, step as isPositive, stopGradient, sub } from "../ops/index.ts";
import {
  type Game,
  adversarialOptions,
  alternately,
  adversarialGame,
  latentOf,
  netOptions,
  scoreLogs,
  scoreScalars,
  pointDefaults,
} from "./adversarial.ts";
import { ganLosses, lossOption, lossRemedies } from "./gan.ts";
import {
  type DataInfo,
  type Model,
  type NetMap,
  type Scope,
  type Stage,
  type TrainStep,
  defineModel,
  itemName,
} from "./model.ts";
import type { AdaganOptions } from "./option-types.ts";

export const options = z.object({
  components: integerField("number of GANs in the mixture", { min: 2, max: 100 }).default(10),
  boost: numberOrField(
    "mixture weight of each new component (beta): a number, or uniform for equal weights in the end",
    ["uniform"],
    {
      above: 0,
      max: 0.99,
    },
  ).default("uniform"),
  ...lossOption,
  ...adversarialOptions,
});

/**
 * Mixture of GANs. Each component is trained on items drawn by weights that are large where the mixture so far has
 * little mass.
 * @throws OptionError for invalid options.
 * @source Tolstikhin et al., arXiv 1701.02386, algorithm 1.
 */
export const adagan = defineModel<typeof options, AdaganOptions>({
  name: "adagan",
  summary: "mixture of GANs, trained by boosting on missed items",
  source: "Tolstikhin et al., arXiv 1701.02386, algorithm 1",
  options,
  defaults: { batch: 64, length: { epochs: 20, minSteps: 8000 }, learningRate: 2e-4 },
  pointDefaults,
  build,
});

/** Share of the training steps given to the mixture classifier, relative to those of a component. */
const classifierShare = 0.2;

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const { components, boost } = chosen;
  const latent = latentOf(chosen, data);
  const objective = ganLosses[chosen.loss];
  const remedies = lossRemedies(chosen.loss);
  const games = Array.from({ length: components }, (_, i) => {
    const alike = i === 0 ? {} : { discriminator: [classifierName(i)] };
    return adversarialGame(chosen, data, { objective, suffix: `${i + 1}`, remedies, alike });
  });
  const betas = games.map((_, i) => (i === 0 ? 1 : boost === "uniform" ? 1 / (i + 1) : (boost as number)));
  const classifier = classifierNet(chosen, data);
  const classifiers = Object.fromEntries(games.slice(1).map((_, i) => [classifierName(i + 1), classifier]));
  const item = itemName(data);
  return {
    nets: { ...Object.assign({}, ...games.map(({ nets }) => nets)), ...classifiers },
    steps: games.flatMap((own, i) => [
      ...(i === 0
        ? []
        : [classifierStep(classifierName(i), games.slice(0, i), mixtureWeights(betas.slice(0, i)), latent)]),
      ...alternately(own),
    ]),
    stages: games.flatMap((own, i) => stagesOf(own, i, betas[i]!)),
    maps: {
      generator: {
        inputs: { z: [latent + 1] },
        outputs: ({ z: code }, scope) => ({
          [item]: games[0]!.outer(mixture(games, mixtureWeights(betas), code!, latent, scope)),
        }),
      },
      ...Object.fromEntries(
        Object.keys(classifiers).map((name) => [name, classifierMap(name, games[0]!, item, data.shape)]),
      ),
    },
    generator: { map: "generator", input: "z", output: item, noise: "normal", shape: [latent + 1] },
    adversarial: games.flatMap(({ abilities }) => abilities.adversarial),
    reluNets: games.flatMap(({ abilities }) => abilities.reluNets),
    remedies: games.flatMap(({ abilities }) => abilities.remedies),
  };
}

/**
 * Name of the net and of the step of the classifier that separates the data from the mixture of the components before
 * index `place`.
 */
function classifierName(place: number): string {
  return `classifier${place + 1}`;
}

/**
 * Built like a discriminator, but without batch normalisation: it scores single items, and batch statistics would
 * differ between all-real and all-generated batches.
 */
function classifierNet(chosen: z.output<typeof options>, data: DataInfo): Layer {
  const { discriminator } = netOptions(chosen, data);
  return discriminatorNet(
    discriminator.norm === "batch" ? { ...discriminator, norm: "layer" } : discriminator,
    data.shape,
  );
}

function stagesOf(own: Game, place: number, beta: number): Stage[] {
  const steps = [own.discriminator, own.generator];
  if (place === 0) return [{ steps, share: 1 }];
  const classifier = classifierName(place);
  const weights = (scores: Float64Array) => boostingWeights(scores, beta);
  return [
    { steps: [classifier], share: classifierShare },
    {
      steps,
      share: 1,
      weigh: { map: classifier, input: own.abilities.discriminator!.input, output: "score", weights },
    },
  ];
}

function classifierMap(name: string, { inner }: Game, item: string, shape: Shape): NetMap {
  return { inputs: { [item]: shape }, outputs: ({ [item]: x }, { nets }) => ({ score: nets[name]!(inner(x!)) }) };
}

/** Mixture weight of each component, given the beta with which each was added. */
function mixtureWeights(betas: readonly number[]): number[] {
  return betas.map((beta, i) => betas.slice(i + 1).reduce((weight, later) => weight * (1 - later), beta));
}

/** Step that trains a classifier to separate the data from samples of the current mixture. */
function classifierStep(name: string, games: readonly Game[], weights: readonly number[], latent: number): TrainStep {
  const [first] = games as readonly [Game, ...Game[]];
  return {
    name,
    scalars: scoreScalars(nonSaturating, { scalars: [] }),
    updates: [name],
    optimizer: first.optimizer,
    loss: (batch, scope) => {
      const code = scope.noise("z", "normal", [staticDim(batch, 0, "adagan"), latent + 1]);
      const made = stopGradient(mixture(games, weights, code, latent, scope));
      const [real, fake] = first.scores(scope.nets[name]!, [first.inner(batch), made]) as [Tensor, Tensor];
      return { loss: nonSaturating.discriminator(real, fake), logs: scoreLogs(nonSaturating, { real, fake }) };
    },
  };
}

/**
 * Items of a mixture, from codes [n, latent + 1]. The last number selects the component through the standard normal
 * CDF; the others are that component's noise.
 */
function mixture(
  games: readonly Game[],
  weights: readonly number[],
  codes: Tensor,
  latent: number,
  scope: Scope,
): Tensor {
  const noise = slice(codes, 1, 0, latent);
  const place = mul(add(erf(mul(slice(codes, 1, latent, latent + 1), Math.SQRT1_2)), 1), 0.5);
  let [below, mixed] = [0, null as Tensor | null];
  for (const [i, { generator }] of games.entries()) {
    const items = scope.nets[generator]!(noise);
    const from = isPositive(sub(place, below));
    below += weights[i]!;
    // The first interval includes 0 and the last one 1.
    const inside =
      i === 0
        ? sub(1, isPositive(sub(place, below)))
        : i === games.length - 1
          ? from
          : sub(from, isPositive(sub(place, below)));
    const own = mul(items, reshape(inside, [-1, ...items.shape.slice(1).map(() => 1)]));
    mixed = mixed === null ? own : add(mixed, own);
  }
  return mixed!;
}

/** Keeps the density ratio finite where the classifier assigns probability 1 to a real item. */
const floor = 1e-8;

/**
 * Sampling weights of the training items for the next component, optimal for a component that enters the mixture with
 * weight `beta`.
 * @param scores Logits [n] of the classifier, one per training item; large where the mixture has little mass.
 * @param beta Mixture weight of the next component, in (0, 1].
 * @returns Weights [n], nonnegative, with sum 1.
 * @source Tolstikhin et al., arXiv 1701.02386, equations 17 and 18.
 */
export function boostingWeights(scores: Float64Array, beta: number): Float64Array {
  const n = scores.length;
  const covered = scores.map((score) => {
    const real = 1 / (1 + Math.exp(-score));
    return ((1 - beta) * (1 - real)) / (real + floor);
  });
  // Water-filling: find the level at which the water above the covered parts sums to beta. Depths are relative to the
  // smallest one, so that no precision is lost on large ones.
  const least = covered.reduce((lowest, depth) => Math.min(lowest, depth));
  const depths = covered.map((depth) => depth - least);
  const ascending = depths.toSorted();
  let level = 0;
  for (let k = 1, below = 0; k <= n; k++) {
    below += ascending[k - 1]!;
    level = (beta * n + below) / k;
    if (k === n || level <= ascending[k]!) break;
  }
  return depths.map((depth) => Math.max(0, level - depth) / (n * beta));
}
