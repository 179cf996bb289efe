import { z } from "zod";
import { type Shape, sizeOf } from "../base/ndarray.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { type DiscriminatorOptions, type Layer, type Params, discriminatorNet, flattenItems } from "../nn/index.ts";
import { nonSaturating } from "../objectives/index.ts";
import { add, concat, mean, neg, reshape, split, square, sub, sum } from "../ops/index.ts";
import {
  adversarialOptions,
  adversarialGame,
  gameLogs,
  latentOf,
  netOptions,
  seenBy,
  pointDefaults,
} from "./adversarial.ts";
import { type DataInfo, type Model, type Scope, defineModel, itemName } from "./model.ts";
import { headOf, weighed } from "./views.ts";
import type { VeeganOptions } from "./option-types.ts";

export const options = z.object(adversarialOptions);

/**
 * GAN with a reconstructor F from items to codes and a discriminator of pairs (code, item). The generator and the
 * reconstructor also minimise |z - F(G(z))|^2.
 * @throws OptionError for invalid options.
 * @source Srivastava et al., arXiv 1705.07761, algorithm 1; the reconstructor's loss as in the authors' code.
 */
export const veegan = defineModel<typeof options, VeeganOptions>({
  name: "veegan",
  summary: "GAN with a reconstructor that maps items back to noise",
  source: "Srivastava et al., arXiv 1705.07761, algorithm 1; the reconstructor's loss as in the authors' code",
  options,
  defaults: { batch: 64, length: { epochs: 20, minSteps: 4000 }, learningRate: 2e-4 },
  pointDefaults,
  build,
});

function build(chosen: z.output<typeof options>, data: DataInfo): Model {
  const latent = latentOf(chosen, data);
  const game = adversarialGame(chosen, data, {
    objective: nonSaturating,
    alike: { discriminator: ["reconstructor"] },
  });
  const { views } = game.augmentation;
  const discriminatorOptions = { ...netOptions(chosen, data).discriminator, outputs: views.length };
  const score = (scope: Scope, code: Tensor, items: Tensor, head: number): Tensor =>
    headOf(scope.nets.discriminator!(concat([code, flattenItems(items)], 1)), head);
  /**
   * By view: codes paired with generated items, reconstructed codes paired with real items, and the scores of both.
   */
  const pairs = (batch: Tensor, who: string, scope: Scope) => {
    const code = scope.noise("z", "normal", [staticDim(batch, 0, "veegan"), latent]);
    const made = scope.nets.generator!(code);
    const real = game.inner(batch);
    const back = scope.nets.reconstructor!(real);
    const scores = views.map((view, head) => ({
      fake: score(scope, code, seenBy(view, "fake", game, made, `of generated items, ${who}`, scope), head),
      real: score(scope, back, seenBy(view, "real", game, real, `of real items, ${who}`, scope), head),
    }));
    return { code, made, scores };
  };
  const item = itemName(data);
  return {
    nets: {
      ...game.nets,
      reconstructor: reconstructorNet(discriminatorOptions, latent, data.shape),
      discriminator: pairDiscriminator(discriminatorOptions, latent, data.shape),
    },
    steps: [
      {
        name: "discriminator",
        scalars: game.scoreScalars,
        updates: ["discriminator"],
        optimizer: game.optimizer,
        // With the paper's sign, generated pairs score high.
        loss: (batch, scope) => {
          const { scores } = pairs(batch, "for the discriminator", scope);
          const losses = scores.map(({ real, fake }) => nonSaturating.discriminator(fake, real));
          const { real, fake } = scores[0]!;
          return {
            loss: weighed(views, "discriminator", losses),
            logs: gameLogs(game, { real: neg(real), fake: neg(fake) }, scope),
          };
        },
      },
      {
        name: "generator",
        scalars: ["distance"],
        updates: ["generator", "reconstructor"],
        optimizer: game.optimizer,
        loss: (batch, scope) => {
          const { code, made, scores } = pairs(batch, "for the generator", scope);
          const distance = mean(sum(square(sub(code, scope.nets.reconstructor!(made))), { axes: [1] }));
          const gaps = scores.map(({ real, fake }) => sub(mean(fake), mean(real)));
          return { loss: add(weighed(views, "generator", gaps), distance), logs: { distance } };
        },
      },
    ],
    ...game.abilities,
    // One step trains both nets, against one discriminator.
    adversarial: game.abilities.adversarial.flatMap((role) => [role, { ...role, net: "reconstructor" }]),
    maps: {
      ...game.abilities.maps,
      encoder: {
        inputs: { [item]: data.shape },
        outputs: ({ [item]: x }, { nets }) => ({ z: nets.reconstructor!(game.inner(x!)) }),
      },
      discriminator: {
        inputs: { [item]: data.shape },
        outputs: ({ [item]: x }, scope) => {
          const real = game.inner(x!);
          return { score: neg(score(scope, scope.nets.reconstructor!(real), real, 0)) };
        },
      },
    },
    encoder: { map: "encoder", input: item, output: "z" },
    decoder: { map: "generator", input: "z", output: item, traversable: false },
  };
}

/**
 * Maps items to codes [n, latent]. Has no spectral normalisation, because that would bound its slope, and inverting a flat generator
 * needs a steep one.
 */
function reconstructorNet(options: DiscriminatorOptions, latent: number, item: Shape): Layer {
  const norm = options.norm === "spectral" ? "none" : options.norm;
  return discriminatorNet({ ...options, norm, outputs: latent }, item);
}

/** Number of features to which an image is reduced before it is scored together with its code. */
const features = 128;

/** Scores [n, outputs] of codes concatenated with flattened items, [n, latent + size]. */
function pairDiscriminator(options: DiscriminatorOptions, latent: number, item: Shape): Layer {
  const size = sizeOf(item);
  if (options.arch === "mlp") return discriminatorNet(options, [latent + size]);
  const trunk = discriminatorNet({ ...options, outputs: features }, item);
  const head = discriminatorNet({ ...options, arch: "mlp", hidden: [features], norm: "none" }, [latent + features]);
  return {
    init: (key) => ({ trunk: trunk.init(key), head: head.init(key) }),
    stats: { trunk: trunk.stats ?? {}, head: head.stats ?? {} },
    apply: (params, pair, ctx) => {
      const [code, flat] = split(pair, 1, [latent, size]);
      const seen = trunk.apply(params.trunk as Params, reshape(flat!, [-1, ...item]), ctx.at("trunk"));
      return head.apply(params.head as Params, concat([code!, seen], 1), ctx.at("head"));
    },
  };
}
