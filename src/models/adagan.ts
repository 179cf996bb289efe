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
  game,
  latentOf,
  playerOptions,
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

export const adagan = defineModel<typeof options, AdaganOptions>({
  name: "adagan",
  summary: "mixture of GANs, trained by boosting on missed items",
  source: "Tolstikhin et al., arXiv 1701.02386, algorithm 1",
  options,
  defaults: { batch: 64, length: { epochs: 20, minSteps: 8000 }, learningRate: 2e-4 },
  pointDefaults,
  build,
});

/** Steps of a mixture's classifier beside those of a component. */
const classifierShare = 0.2;

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const { components, boost } = chosen;
  const latent = latentOf(chosen, data);
  const objective = ganLosses[chosen.loss];
  const remedies = lossRemedies(chosen.loss);
  const games = Array.from({ length: components }, (_, i) => {
    const alike = i === 0 ? {} : { discriminator: [classifierName(i)] };
    return game(chosen, data, { objective, suffix: `${i + 1}`, remedies, alike });
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

/** The net and the step of the classifier that tells the data from the components before the one at this place. */
function classifierName(place: number): string {
  return `classifier${place + 1}`;
}

/**
 * Like a discriminator; but it says of an item by itself how likely it is real, for which there must be no statistics of
 * batches that are all real or all generated.
 */
function classifierNet(chosen: z.output<typeof options>, data: DataInfo): Layer {
  const { discriminator } = playerOptions(chosen, data);
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

/** The part of each component in a mixture to which they were added with these betas. */
function mixtureWeights(betas: readonly number[]): number[] {
  return betas.map((beta, i) => betas.slice(i + 1).reduce((weight, later) => weight * (1 - later), beta));
}

/** Tells the data from what the mixture makes so far. */
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
 * Items of a mixture, from codes [n, latent + 1]: the last number says by its place under the normal curve which component
 * makes the item, the others are that component's noise.
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
    // The first interval takes in 0, the last one 1.
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

/** Keeps the ratio finite where the classifier is sure of a real item. */
const floor = 1e-8;

/**
 * How likely each training item should be drawn for the next component: the best one there is when it enters the mixture
 * with weight `beta`.
 * @param scores Logits [n] of the classifier: large where the mixture makes nothing.
 * @returns Not negative; their sum is 1.
 * @source Tolstikhin et al., arXiv 1701.02386, equations 17 and 18.
 */
export function boostingWeights(scores: Float64Array, beta: number): Float64Array {
  const n = scores.length;
  const covered = scores.map((score) => {
    const real = 1 / (1 + Math.exp(-score));
    return ((1 - beta) * (1 - real)) / (real + floor);
  });
  // The level of water poured over the covered parts, until what is above them is as much as beta. Depths are counted from
  // the least one, so that what is left of a large one is exact.
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
