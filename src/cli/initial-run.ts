import { resolve } from "node:path";

import { RunError } from "../base/errors.ts";
import { requireRun } from "../node/index.ts";
import { openStore } from "../node/place.ts";
import { type InitialParameters, type InitialRun, Run, parametersOfRun } from "../run/index.ts";
import { loadRecipe } from "./own-recipe.ts";

/**
 * The parameters of a run's newest checkpoint, from which another run is initialised.
 * @param known The record in a config; it determines the step and the hash.
 */
export async function readInitial(folder: string, known?: InitialRun): Promise<InitialParameters> {
  await requireRun(folder).catch((error: unknown) => {
    if (!(error instanceof RunError)) throw error;
    throw new RunError(
      `init-from: ${error.message}`,
      known === undefined
        ? error.hint
        : "the config starts from the parameters of that run: move it back there, or pass another one with --init-from",
    );
  });
  const run = await Run.open(openStore(folder));
  await loadRecipe(run, folder);
  const found = await parametersOfRun(run, resolve(folder), known?.step);
  if (known === undefined || known.sha256 === found.init.sha256) return found;
  throw new RunError(
    `init-from: step ${known.step} of ${folder} does not have the parameters that the config names (their SHA-256 differs)`,
    "the run was retrained since; pass --init-from to use its current parameters",
  );
}
