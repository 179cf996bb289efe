import { resolve } from "node:path";

import { OptionError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { type Recipe, models } from "../models/index.ts";
import { type OwnRecipe, importRecipe, isModulePath, nodeEngine, openData } from "../node/index.ts";
import { absoluteSource } from "../node/absolute-source.ts";
import { type PreparedSweep, type SweepRecord, prepareSweep } from "../sweep/index.ts";
import { deviceOf } from "./device.ts";

/** Opens the recipe and data that a sweep names, and validates it. Paths are relative to the folder of its file. @throws OptionError. */
export async function openPrepared({
  name,
  file,
  folder,
}: Pick<SweepRecord, "name" | "file" | "folder">): Promise<PreparedSweep> {
  const { definition, module } = await recipeOf(file.recipe, folder, name);
  const engine = await nodeEngine({ device: deviceOf(file.device), threads: file.threads });
  return prepareSweep(
    file,
    {
      definition,
      module,
      engine,
      open: async (given) => {
        const source = absoluteSource(given, folder);
        const { spec, ...how } = source;
        return { source, data: await openData(spec, how) };
      },
    },
    name,
  );
}

async function recipeOf(name: string, folder: string, where: string): Promise<Recipe & Partial<OwnRecipe>> {
  if (isModulePath(name)) return importRecipe(resolve(folder, name));
  const definition = models.find((model) => model.name === name);
  if (definition !== undefined) return { definition };
  const known = models.map((model) => model.name);
  throw new OptionError(`${where}: recipe must be known - got ${name}`, suggestion(name, known, "recipes"));
}
