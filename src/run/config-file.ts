import { RunError } from "../base/errors.ts";
import { parseJson } from "../base/json.ts";
import type { Store } from "../base/store.ts";
import { type RunConfig, changedEntry, parseRunConfig } from "./config.ts";

/** File of a run's resolved config. */
export const configFile = "config.json";

/** The config of a run as read from its files. */
export interface FoundConfig {
  readonly config: RunConfig;
  /** What is wrong with config.json, if a copy is used in its place. */
  readonly damage: string | null;
}

/**
 * @param known The config when it was last written.
 * @param earlier The config when the newest checkpoint was saved.
 * @throws OptionError for a config that is not valid. @throws RunError for one that was edited since.
 */
export async function readConfig(
  store: Store,
  known: Readonly<Record<string, unknown>> | undefined,
  earlier: Readonly<Record<string, unknown>> | undefined,
): Promise<FoundConfig> {
  // As it was written: a restored file has the same bytes.
  const kept = known as RunConfig | undefined;
  if (kept !== undefined) parseRunConfig(kept, "run.json: config");
  if (!(await store.has(configFile))) {
    const damage = `${configFile} is missing`;
    if (kept === undefined) throw new RunError(damage, "is it the folder of a run?");
    return { config: kept, damage };
  }
  let raw: unknown;
  try {
    raw = parseJson(await store.read(configFile), configFile);
  } catch (error) {
    if (!(error instanceof RunError) || kept === undefined) throw error;
    return { config: kept, damage: error.message };
  }
  const found = parseRunConfig(raw, configFile);
  const changed = kept === undefined ? null : changedEntry(kept, found);
  if (changed === null) return { config: found, damage: null };
  // The process may have stopped between writing the two files, when the run was reconfigured.
  if (earlier !== undefined && changedEntry(parseRunConfig(earlier, "checkpoint"), found) === null) {
    return { config: kept!, damage: null };
  }
  const { name, was, is } = changed;
  throw new RunError(
    `${configFile}: ${name} must be ${shownEntry(was)}, the value that the run started with - got ${shownEntry(is)}`,
    `undo the change, or delete the file, which zaya resume then restores; to train with the edited config, start a new run: zaya train --config RUN/${configFile}`,
  );
}

/** Whether config.json holds that config. */
export async function configMatches(store: Store, config: RunConfig): Promise<boolean> {
  if (!(await store.has(configFile))) return false;
  const found = configIn(await store.read(configFile));
  return found !== null && changedEntry(config, parseRunConfig(found, configFile)) === null;
}

/** Parsed contents of config.json; null if they are not JSON. */
function configIn(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, configFile);
  } catch (error) {
    if (error instanceof RunError) return null;
    throw error;
  }
}

function shownEntry(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}
