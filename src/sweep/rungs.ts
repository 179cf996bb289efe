import { OptionError } from "../base/errors.ts";
import type { SweepFile } from "./sweep-file.ts";
import { methods } from "./methods/index.ts";

/** Whether configurations that fall behind are stopped. */
export function isHalving({ method, early_terminate }: Pick<SweepFile, "method" | "early_terminate">): boolean {
  return early_terminate !== undefined || methods.find(({ name }) => name === method)!.halves === true;
}

/**
 * Steps at which configurations are compared: min_iter, eta min_iter, eta^2 min_iter, ... below the total number of steps, then
 * null for the end.
 * @source Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, section 3, arXiv 1810.05934.
 */
export function rungsOf({ early_terminate }: Pick<SweepFile, "early_terminate">, steps: number): (number | null)[] {
  if (early_terminate === undefined) return [null];
  const { min_iter: first, eta } = early_terminate;
  if (first >= steps) {
    throw new OptionError(
      `early_terminate.min_iter must be less than the ${steps} steps of a trial - got ${first}`,
      "choose a smaller min_iter, or longer trials",
    );
  }
  const rungs: number[] = [];
  // Evaluations are min_iter steps apart.
  for (let at = first; at < steps; at = first * Math.round((at * eta) / first)) rungs.push(at);
  return [...rungs, null];
}

/** Number of the configurations compared at a rung that are promoted. */
export function promoted(count: number, eta: number): number {
  return Math.floor(count / eta);
}
