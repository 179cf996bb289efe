import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";

import { DataError } from "../base/errors.ts";
import { nodeEngine, openData, requireRun } from "../node/index.ts";
import { openStore } from "../node/place.ts";
import { localDataPath } from "../node/stored-data.ts";
import type { Device } from "../node/index.ts";
import type { DataSplit } from "../data/index.ts";
import { Run, inRun, requireSameData } from "../run/index.ts";
import { type OpenedModel, openTrained } from "../trained/index.ts";
import { Output } from "./output.ts";
import { loadRecipe } from "./own-recipe.ts";
import type { Parameters } from "./weights.ts";

export interface OpenedRun extends OpenedModel {
  readonly run: Run;
}

/** Opens a run's newest checkpoint to read from. Its data are not needed. */
export async function openRunModel(
  folder: string,
  device: Device,
  { weights, checkpoint, recipe }: Parameters,
): Promise<OpenedRun> {
  const run = await openRun(folder, recipe);
  const opened = await inRun(folder, async () => openTrained(run, await nodeEngine({ device }), weights, checkpoint));
  for (const what of opened.recovered) new Output({}).warn(`${folder}: ${what}`);
  if (opened.recovered.length > 0) new Output({}).warn(`${folder}: using the checkpoint of step ${opened.step}`);
  return { run, ...opened };
}

/** The record of a run for reading, with its recipe. @param recipe The file of a custom recipe, if it has moved. */
export async function openRun(folder: string, recipe?: string): Promise<Run> {
  await requireRun(folder);
  return inRun(folder, async () => {
    const run = await Run.open(openStore(folder));
    await loadRecipe(run, folder, recipe);
    return run;
  });
}

/** The data that a run's config names. @throws DataError if they no longer exist. */
export async function openRunData({ config }: Run): Promise<DataSplit> {
  const { spec, second, ...how } = config.data;
  for (const path of [spec, second]) {
    if (path === undefined || !isAbsolute(path) || (await stat(localDataPath(path)).catch(() => null)) !== null)
      continue;
    throw new DataError(`the data of the run are missing: ${path} does not exist`, "move them back there");
  }
  return openData(spec, { second, ...how });
}

/** The same. @throws DataError if they have changed since the run began. */
export async function openSameData(run: Run): Promise<DataSplit> {
  const data = await openRunData(run);
  await requireSameData(run.store, data);
  return data;
}
