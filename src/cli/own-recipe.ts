import { OptionError, RunError } from "../base/errors.ts";
import { type OwnRecipe, importRecipe } from "../node/index.ts";
import type { RecipeModule, Run } from "../run/index.ts";
import { Output } from "./output.ts";

/**
 * A custom recipe from the file that a config names. If the file has changed, a warning is printed and its current
 * version used.
 * @param where Whose config it is, for messages.
 * @throws RunError when the file does not exist, or exports no recipe any more.
 */
export async function recordedRecipe({ path, sha256 }: RecipeModule, where: string): Promise<OwnRecipe> {
  const found = await importRecipe(path).catch((error: unknown) => {
    if (!(error instanceof OptionError)) throw error;
    const hint = `restore the file, or name its new location: --recipe FILE`;
    throw new RunError(`${where}: its recipe must be in the file that it started with - ${error.message}`, hint);
  });
  if (found.module.sha256 !== sha256) {
    new Output({}).warn(
      `${where}: its recipe, ${path}, has changed in the meantime; the current version is used`,
      "  the result will differ from that of a run whose recipe did not change",
    );
  }
  return found;
}

/**
 * Loads the recipe of a run, if it is a custom one.
 * @param path The file that exports it, instead of the one that the run started with.
 * @returns The file, if the run's config names another one or other bytes.
 */
export async function loadRecipe(run: Run, folder: string, path?: string): Promise<RecipeModule | null> {
  const { module } = run.config;
  if (path !== undefined) {
    const own = await importRecipe(path);
    run.takeRecipe(own);
    return own.module.path === module?.path && own.module.sha256 === module.sha256 ? null : own.module;
  }
  if (module !== undefined) run.takeRecipe(await recordedRecipe(module, folder));
  return null;
}
