import { threeDigits } from "../base/digits.ts";
import { flagOf } from "../base/options.ts";
import type { Remedy } from "../models/index.ts";
import type { RunConfig } from "../run/config.ts";
import type { Change, RunSetup } from "./symptom.ts";
import { share } from "./words.ts";

/**
 * The change to suggest for a symptom: the model's first remedy for it, otherwise the first applicable change of the
 * training options, otherwise a smaller learning rate, which is always applicable.
 * @param net The net that the symptom concerns, if it concerns one.
 */
export function changeFor(
  symptom: string,
  { remedies, config, spread }: RunSetup,
  training: readonly (Change | null)[] = [],
  net?: string,
): Change {
  const own = (remedies ?? [])
    .filter(({ against, nets }) => against.includes(symptom) && (net === undefined || (nets?.includes(net) ?? true)))
    .map((remedy) => changeOf(remedy, spread));
  return [...own, ...training].find((change) => change !== null) ?? smallerRate(config);
}

function changeOf({ option, value, reason }: Remedy, spread: number): Change | null {
  const tried = typeof value === "function" ? value(spread) : value;
  if (tried === null) return null;
  return { flag: `${flagOf(option)} ${typeof tried === "number" ? threeDigits(tried) : tried}`, reason };
}

function smallerRate({ train }: RunConfig): Change {
  return {
    flag: `--learning-rate ${threeDigits(train.learningRate / 4)}`,
    reason: `a smaller learning rate, because the usual causes are absent; it was ${threeDigits(train.learningRate)}`,
  };
}

// Changes of the training options; each is null if the run has it already.

export function fallingRate({ train }: RunConfig): Change | null {
  if (train.schedule !== "constant") return null;
  return { flag: "--schedule linear", reason: "a decaying learning rate lets generator and discriminator settle" };
}

/** Twice as many steps. */
export function moreSteps({ train }: RunConfig): Change {
  return {
    flag: `--steps ${2 * train.steps}`,
    reason: `${train.steps} steps were too few for realistic samples`,
  };
}

/** The largest fraction of the data that is suggested. */
const maxShare = 0.9;

/** Ten times as much data, for a run on a subset. */
export function moreData({ data: { limit } }: RunConfig): Change | null {
  if (limit !== undefined && limit >= 1) {
    return {
      flag: `--limit ${10 * limit}`,
      reason: `it was trained on the first ${limit} items only; remove --limit for all`,
    };
  }
  if (limit !== undefined && limit < maxShare) {
    return {
      flag: `--limit ${threeDigits(Math.min(maxShare, 10 * limit))}`,
      reason: `it was trained on ${share(limit)} of the items only; remove --limit for all`,
    };
  }
  return null;
}
