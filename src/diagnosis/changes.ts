import type { RunConfig } from "../run/config.ts";
import type { Change, Evidence } from "./symptom.ts";
import { figure, share } from "./words.ts";

// Changes that several symptoms propose. Each is null where the run has it already, or its recipe has no such option.

/** The first that can be made. A smaller learning rate always can. */
export function firstChange(config: RunConfig, ...changes: readonly (Change | null)[]): Change {
  return changes.find((change) => change !== null) ?? smallerRate(config);
}

function smallerRate({ train }: RunConfig): Change {
  return {
    flag: `--learning-rate ${figure(train.learningRate / 4)}`,
    reason: `smaller steps, as the usual causes are not there; it was ${figure(train.learningRate)}`,
  };
}

/** Neither player faster than the other. */
export function evenRates({ model }: RunConfig): Change | null {
  const rate = model.discriminatorRate;
  if (typeof rate !== "number" || rate === 1) return null;
  return {
    flag: "--discriminator-rate 1",
    reason: `the discriminator's rate is ${figure(rate)} times the generator's: one player runs away from the other`,
  };
}

/** A loss whose gradient does not die where the discriminator is sure. */
function livelyLoss({ model }: RunConfig): Change | null {
  if (model.loss !== "minimax") return null;
  return {
    flag: "--loss non-saturating",
    reason: "the gradient of the minimax loss dies where the discriminator is sure, that of this one does not",
  };
}

/** Noise that makes real and generated items overlap; `spread` is how far two real items are apart in one number. */
export function addedNoise({ model }: RunConfig, spread: number): Change | null {
  if (model.instanceNoise !== 0 || !(spread > 0)) return null;
  return {
    flag: `--instance-noise ${figure(spread / 10)}`,
    reason: "noise on all that the discriminator sees, a tenth of how far real items are apart, makes them overlap",
  };
}

/** What brings a generator something to learn from a judge that is sure. */
export function livelierGradient({ config, spread }: Pick<Evidence, "config" | "spread">): Change {
  return firstChange(config, livelyLoss(config), evenRates(config), addedNoise(config, spread));
}

/** Hidden units that are not below 0 from the start. */
export function unshiftedBias({ model }: RunConfig): Change | null {
  const bias = model.initialBias;
  if (typeof bias !== "number" || bias >= 0) return null;
  return {
    flag: "--initial-bias 0",
    reason: `the generator's hidden layers begin with a bias of ${figure(bias)}, so that few of their units are ever above 0`,
  };
}

/** A generator from images to images that is held to more than to look real. */
export function someLambda({ model }: RunConfig): Change | null {
  if (model.lambda !== 0) return null;
  return { flag: "--lambda 10", reason: "nothing ties what an image becomes to the image, where lambda is 0" };
}

/** The same, both ways. */
export function allCycles({ model }: RunConfig): Change | null {
  if (model.cycle === undefined || model.cycle === "both") return null;
  return {
    flag: "--cycle both",
    reason: "an image must be found again in what it becomes where the way back has to end in it",
  };
}

export function fallingRate({ train }: RunConfig): Change | null {
  if (train.schedule !== "constant") return null;
  return { flag: "--schedule linear", reason: "a learning rate that falls lets the players come to rest" };
}

/** Twice as many. */
export function moreSteps({ train }: RunConfig): Change {
  return {
    flag: `--steps ${2 * train.steps}`,
    reason: `${train.steps} steps were too few for the samples to become like items`,
  };
}

/** The largest share of the items that is proposed in place of a smaller one. */
const mostOfAll = 0.9;

/** Where a run was trained on some of its data alone. */
export function moreData({ data: { limit } }: RunConfig): Change | null {
  if (limit !== undefined && limit >= 1) {
    return {
      flag: `--limit ${10 * limit}`,
      reason: `it was trained on the first ${limit} items alone; leave --limit out for all`,
    };
  }
  if (limit !== undefined && limit < mostOfAll) {
    return {
      flag: `--limit ${figure(Math.min(mostOfAll, 10 * limit))}`,
      reason: `it was trained on ${share(limit)} of the items alone; leave --limit out for all`,
    };
  }
  return null;
}
