import type { Command } from "commander";
import { z } from "zod";

import { choiceField, countOrWordField, parseOptions, textField } from "../base/options.ts";
import type { CheckpointChoice, Weights } from "../run/index.ts";
import { addFlags } from "./flags.ts";

/** For commands that open a run. */
const recipeOption = {
  recipe: textField("file with the run's custom recipe, if it has moved", "file").optional(),
};

const parameterOptions = z.object({
  checkpoint: countOrWordField(
    "checkpoint to use: the latest one (last), the best one on held-out items (best), or a step number",
    ["last", "best"],
    "step",
  ).default("last"),
  weights: choiceField(
    "parameters to use: their exponential moving average (ema), if the run keeps one, or those of the last step (last)",
    ["ema", "last"],
  ).default("ema"),
  ...recipeOption,
});

/** Which parameters of a run a command uses. */
export interface Parameters {
  readonly weights: Weights;
  readonly checkpoint: CheckpointChoice;
  /** The file of the run's own recipe, where that has moved. */
  readonly recipe?: string | undefined;
}

/** The values given to a command. */
export interface ParameterFlags {
  readonly weights?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly recipe?: string | undefined;
}

export function addParameterFlags(command: Command): void {
  addFlags(command, parameterOptions);
}

/** For commands that use the default parameters of any checkpoint. */
export function addCheckpointFlag(command: Command): void {
  addFlags(command, parameterOptions.pick({ checkpoint: true, recipe: true }));
}

/** For commands that use the default parameters of the newest checkpoint. */
export function addRecipeFlag(command: Command): void {
  addFlags(command, z.object(recipeOption));
}

/** @throws OptionError for any other value. */
export function parametersOf({ weights, checkpoint, recipe }: ParameterFlags): Parameters {
  return parseOptions(parameterOptions, { weights, checkpoint, recipe }, "zaya");
}

/** The first of these flags that was given; they apply only to runs. */
export function givenParameter(flags: ParameterFlags): keyof ParameterFlags | undefined {
  return (["weights", "checkpoint", "recipe"] as const).find((name) => flags[name] !== undefined);
}

/** `the EMA parameters of step 500`; `weights` is null for a run without EMA, which has only one kind. */
export function describeParameters(step: number, weights: Weights | null): string {
  if (weights === null) return `the checkpoint of step ${step}`;
  return `the ${weights === "ema" ? "EMA" : "last"} parameters of step ${step}`;
}
