import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { zeros } from "../base/ndarray.ts";
import { threeDigits } from "../base/digits.ts";
import { integerField, numberField } from "../base/options.ts";
import { type Tensor } from "../graph/tensor.ts";
import { type Layer, coders } from "../nn/index.ts";
import { abs, add, maximum, mean, mul, stopGradient, sub, sum } from "../ops/index.ts";
import { linearSchedule } from "../optim/index.ts";
import { gaussianAbilities } from "./gaussian-code.ts";
import { type DataInfo, type Likelihood, type Model, type Remedy, type StepScope, defineModel } from "./model.ts";
import { latentOption, observation, observationOptions, observationAdam, resolveObservation } from "./observation.ts";
import type { BetaVaeOptions } from "./option-types.ts";

/** Weight of the KL term if no option sets it. */
const usualBeta = 4;

export const options = z.object({
  ...observationOptions,
  ...latentOption,
  beta: numberField("weight of the KL term (beta) (default: 4, unless --kl-target or --capacity is given)", {
    min: 0,
  }).optional(),
  betaWarmup: integerField("steps over which beta rises linearly from 0", { min: 0 }).default(0),
  klTarget: numberField("constrain the KL term to at most x nats; beta is then the learned Lagrange multiplier", {
    above: 0,
  }).optional(),
  multiplierRate: numberField("step size of the multiplier per nat by which the KL term exceeds its target", {
    above: 0,
  }).default(0.005),
  capacity: numberField("final capacity C in nats: the penalty is gamma |KL - C|, C rising from 0", {
    above: 0,
  }).optional(),
  capacitySteps: integerField("steps over which the capacity C rises linearly", { min: 1 }).default(10_000),
  gamma: numberField("weight of |KL - C| (gamma)", { above: 0 }).default(100),
});

type Options = z.output<typeof options>;

/**
 * VAE that minimises, in nats per image, the reconstruction term plus beta times the KL term; with `klTarget`, the
 * reconstruction term subject to KL <= target, with beta as the Lagrange multiplier; with `capacity`, the
 * reconstruction term plus gamma |KL - C|.
 * @throws OptionError for invalid options.
 * @source Higgins et al., ICLR 2017; Burgess et al., arXiv 1804.03599.
 */
export const betaVae = defineModel<typeof options, BetaVaeOptions>({
  name: "beta-vae",
  summary: "VAE with a weighted KL term, KL target or capacity schedule",
  source: "Higgins et al., ICLR 2017; Burgess et al., arXiv 1804.03599",
  options,
  defaults: { batch: 64, length: { epochs: 10, minSteps: 3000 }, learningRate: 5e-4 },
  resolve: resolveObservation,
  build,
});

function build(chosen: Options, data: DataInfo): Model {
  requireFitting(chosen);
  const { latent, klTarget } = chosen;
  const seen = observation("beta-vae", chosen, data);
  const coding = coders({ ...chosen, inputs: latent, outputs: 2 * latent }, data.shape);
  const abilities = gaussianAbilities(seen, latent, data);
  return {
    nets: {
      ...coding,
      ...seen.nets,
      ...(klTarget !== undefined && { multiplier: multiplier(klTarget, chosen.multiplierRate) }),
    },
    steps: [
      {
        name: "beta-vae",
        scalars: ["recon", "kl", ...weightScalars(chosen)],
        updates: [...Object.keys(coding), ...seen.trainable],
        optimizer: observationAdam,
        loss: (images, scope) => {
          const parts = abilities.likelihood!.terms(images, scope);
          const recon = mean(parts.recon);
          const kl = mean(sum(parts.klPerLatent, { axes: [1] }));
          const { penalty, logs } = penaltyOf(chosen, kl, scope);
          return { loss: add(recon, penalty), logs: { recon, kl, ...logs } };
        },
      },
    ],
    ...abilities,
    likelihood: { ...abilities.likelihood!, ...targetOf(chosen) },
    remedies: [...unweighted(chosen), ...abilities.remedies!],
  };
}

/** Weight of the KL term where it is fixed; null where it is learned or a capacity is used. */
function fixedBeta({ beta = usualBeta, klTarget, capacity }: Options): number | null {
  return klTarget === undefined && capacity === undefined ? beta : null;
}

function unweighted(chosen: Options): Remedy[] {
  const beta = fixedBeta(chosen);
  if (beta === null || beta <= 1) return [];
  return [
    {
      option: "beta",
      against: ["posterior-collapse"],
      value: 1,
      reason: `the KL term has weight ${threeDigits(beta)}, which outweighs any gain in the reconstruction term`,
    },
  ];
}

/** The KL value at which a constraint or a capacity keeps the model. */
function targetOf({ klTarget, capacity, capacitySteps }: Options): Pick<Likelihood, "targetKl"> {
  if (klTarget !== undefined) return { targetKl: () => klTarget };
  if (capacity !== undefined) return { targetKl: (step) => capacity * Math.min(1, step / capacitySteps) };
  return {};
}

/** Names of the logged scalars about the weight of the KL term. */
function weightScalars({ klTarget, capacity }: Options): string[] {
  if (klTarget !== undefined) return ["beta", "slack", "complementarity"];
  return [capacity !== undefined ? "capacity" : "beta"];
}

interface Penalty {
  readonly penalty: Tensor;
  readonly logs: Readonly<Record<string, Tensor>>;
}

function penaltyOf(chosen: Options, kl: Tensor, scope: StepScope): Penalty {
  if (chosen.klTarget !== undefined) {
    const beta = scope.nets.multiplier!(kl);
    const slack = sub(kl, chosen.klTarget);
    return { penalty: mul(kl, beta), logs: { beta, slack, complementarity: mul(beta, slack) } };
  }
  if (chosen.capacity !== undefined) {
    const capacity = scope.scalar("capacity", linearSchedule(0, chosen.capacity, 0, chosen.capacitySteps));
    return { penalty: mul(abs(sub(kl, capacity)), chosen.gamma), logs: { capacity } };
  }
  const weight = chosen.beta ?? usualBeta;
  const beta = scope.scalar("beta", linearSchedule(chosen.betaWarmup > 0 ? 0 : weight, weight, 0, chosen.betaWarmup));
  return { penalty: mul(kl, beta), logs: { beta } };
}

/**
 * Multiplier of the constraint KL <= target, updated by dual ascent: it rises while the KL term exceeds the target,
 * falls while it is below, and never becomes negative. At the optimum either the KL equals its target or the multiplier
 * is 0 (complementary slackness).
 */
function multiplier(target: number, rate: number): Layer {
  return {
    init: () => ({}),
    stats: { value: zeros([]) },
    apply: (_, kl, ctx) => {
      const value = ctx.stat("value");
      ctx.updateStat("value", maximum(add(value, mul(sub(stopGradient(kl), target), rate)), 0));
      return value;
    },
  };
}

function requireFitting({ beta, betaWarmup, klTarget, capacity }: Options): void {
  const given = Object.entries({ beta, "kl-target": klTarget, capacity }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    throw new OptionError(
      `beta-vae: only one of beta, klTarget and capacity can be set - got ${given.map(([name, value]) => `${name} ${value}`).join(" and ")}`,
      "use one of --beta, --kl-target and --capacity",
    );
  }
  if (betaWarmup > 0 && (klTarget !== undefined || capacity !== undefined)) {
    throw new OptionError(
      `beta-vae: the warm-up is for a fixed beta - got ${betaWarmup} with ${given[0]![0]}`,
      "remove --beta-warmup, or use --beta",
    );
  }
}
