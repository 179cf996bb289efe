import type { Command } from "commander";
import { z } from "zod";

import { choiceField, parseOptions } from "../base/options.ts";
import type { Weights } from "../train/index.ts";
import { addFlags } from "./flags.ts";

const weightsOptions = z.object({
  weights: choiceField(
    "parameters to use: their exponential moving average (ema), where the run keeps one, or those of the last step",
    ["ema", "last"],
  ).default("ema"),
});

export function addWeightsFlag(command: Command): void {
  addFlags(command, weightsOptions);
}

/** @throws OptionError for any other word. */
export function weightsOf(given: string | undefined): Weights {
  return parseOptions(weightsOptions, { weights: given }, "zaya").weights;
}

/** `the averaged parameters of step 500`; a run that keeps no averages has but one sort. */
export function describeParameters(step: number, weights: Weights | null): string {
  if (weights === null) return `the checkpoint of step ${step}`;
  return `the ${weights === "ema" ? "averaged" : "last"} parameters of step ${step}`;
}
