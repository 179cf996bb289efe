import { readFile } from "node:fs/promises";

import { OptionError } from "../base/errors.ts";
import { parseJson } from "../base/json.ts";
import type { ModelDefinition } from "../models/index.ts";
import { type PartialConfig, dataOptions, parsePartialConfig, trainOptions } from "../run/index.ts";
import { givenOptions } from "./flags.ts";
import { suggestion } from "../base/nearest.ts";

/** A config whose sections exist but are not yet validated. */
export interface GivenConfig {
  readonly model: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>>;
  readonly train: Readonly<Record<string, unknown>>;
  readonly device: string | undefined;
}

/** Reads a config, such as a run's config.json. @throws OptionError if it is not one. */
export async function readConfig(path: string): Promise<PartialConfig> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new OptionError(
      `--config must be a file that can be read - got ${path} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  return parsePartialConfig(parseJson(bytes, path), path);
}

/** What `--data` names. */
export interface DataSpecs {
  readonly spec: string | undefined;
  readonly second: string | undefined;
}

/** The config of a file, changed by `--set` and then by flags. */
export function mergeConfig(
  file: PartialConfig,
  definition: ModelDefinition,
  flags: Readonly<Record<string, unknown>>,
  specs: DataSpecs,
): GivenConfig {
  const sets = parseSets((flags["set"] as string[] | undefined) ?? [], definition);
  const { device } = flags;
  const fromFlags: PartialConfig = {
    model: givenOptions(flags, definition.options),
    // For other data, the options that selected among the earlier data are dropped.
    data: {
      ...(specs.spec !== undefined && { domain: undefined, pairs: undefined, ...specs }),
      ...givenOptions(flags, dataOptions),
    },
    train: givenOptions(flags, trainOptions),
    device: device as string | undefined,
  };
  const layers = [file, sets, fromFlags];
  return {
    model: Object.assign({}, ...layers.map((layer) => layer.model)) as GivenConfig["model"],
    data: Object.assign({}, ...layers.map((layer) => layer.data)) as GivenConfig["data"],
    train: layers.map((layer) => layer.train ?? {}).reduce(mergeTraining, {}),
    device: layers.map((layer) => layer.device).findLast((name) => name !== undefined),
  };
}

/** Steps and epochs both give the length: a later one of either replaces both. */
function mergeTraining(below: GivenConfig["train"], above: GivenConfig["train"]): GivenConfig["train"] {
  const same = ["steps", "epochs"];
  const replaced = same.some((name) => name in above);
  const kept = Object.entries(below).filter(([name]) => !replaced || !same.includes(name));
  return { ...Object.fromEntries(kept), ...above };
}

/** `model.latent=4` and the like. */
function parseSets(sets: readonly string[], definition: ModelDefinition): PartialConfig {
  const known = {
    model: Object.keys(definition.options.shape),
    data: Object.keys(dataOptions.shape),
    train: Object.keys(trainOptions.shape),
  };
  const paths = [
    ...Object.entries(known).flatMap(([section, names]) => names.map((name) => `${section}.${name}`)),
    "device",
  ];
  const out: Record<"model" | "data" | "train", Record<string, unknown>> = {
    model: {},
    data: {},
    train: {},
  };
  let device: string | undefined;
  for (const text of sets) {
    const at = text.indexOf("=");
    if (at < 1) throw new OptionError(`--set must be path=value - got ${text}`, "for example --set model.latent=4");
    const [path, value] = [text.slice(0, at), text.slice(at + 1)];
    if (!paths.includes(path)) {
      throw new OptionError(`--set must name an entry of the config - got ${path}`, suggestion(path, paths, "paths"));
    }
    if (path === "device") device = value;
    else {
      const [section, name] = path.split(".") as ["model" | "data" | "train", string];
      out[section][name] = value;
    }
  }
  return { ...out, device };
}
