import { basename, extname, join } from "node:path";

import { type Command, Option } from "commander";

import { DataError, OptionError } from "../base/errors.ts";
import { describeOptions, flagOf, parseOptions } from "../base/options.ts";
import { shellWord } from "../base/shell-word.ts";
import { type DataSplit, digitsOutlined, mnist } from "../data/index.ts";
import { type Model, type ModelDefinition, type Recipe, models } from "../models/index.ts";
import {
  type OwnRecipe,
  createNumberedRunFolder,
  createRunFolder,
  importRecipe,
  isModulePath,
  nodeEngine,
  openData,
  requireFreeFolder,
  defaultData,
  defaultDevice,
  versions,
} from "../node/index.ts";
import { absoluteSource } from "../node/absolute-source.ts";
import {
  type PartialConfig,
  type RunConfig,
  type TrainOptions,
  dataOptions,
  inRun,
  planRun,
  resolveTraining,
  runConfig,
  trainOptions,
  trainingDefaults,
} from "../run/index.ts";
import { train } from "../train/index.ts";
import { configLines, titleLine } from "./config-table.ts";
import { noticeLines } from "./data-notices.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addDeviceFlag, addSessionFlags, deviceOf, sessionOf } from "./device.ts";
import { exitCodes } from "./failure.ts";
import { addFlags, addOutputFlags } from "./flags.ts";
import { followRun, trainingForm } from "./follow.ts";
import { addExamples, addNames, addNote } from "./help.ts";
import { readInitial } from "./initial-run.ts";
import { catchInterrupt } from "./interrupt.ts";
import { suggestion } from "../base/nearest.ts";
import { type OpenStudio, openStudio } from "./open-studio.ts";
import { Output } from "./output.ts";
import { recordedRecipe } from "./own-recipe.ts";
import { type DataSpecs, mergeConfig, readConfig } from "./run-config.ts";
import { type TrainArguments, readTrainArguments } from "./train-arguments.ts";

interface TrainFlags extends Readonly<Record<string, unknown>> {
  readonly data: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly pictures?: boolean;
  readonly dryRun?: boolean;
  readonly studio?: boolean;
  readonly initFrom?: string;
  readonly dataFingerprint?: string;
}

const configForm = jsonForm({
  given: "--dry-run",
  keys: ["recipe", "module?", "model", "data", "train", "device", "lengthened?", "init?"],
  notes: "the config, as accepted by `--config`",
});

export const trainCommand: CommandDefinition = { declare: declareTrain, json: [trainingForm, configForm] };

/** A recipe has its own flags, so its name is extracted from the arguments before they are parsed. */
async function declareTrain(command: Command, words: readonly string[]): Promise<void> {
  const helpWanted = words.includes("--help") || words.includes("-h");
  const given = readTrainArguments(words);
  const asked = { ...given, file: configFile(given.config) };
  const recipe = helpWanted ? await findRecipe(asked).catch(() => null) : await findRecipe(asked);
  const definition = recipe?.definition ?? null;
  command.argument("[recipe]");
  if (definition === null) addRecipes(command);
  else {
    const { name, summary, source } = definition;
    const called = asked.module === undefined ? name : `--recipe ${asked.module}`;
    command.usage(`${called} [options]`).description(`${name}: ${summary}. ${source}.`);
  }
  command.optionsGroup("Data:");
  const spec = dataOptions.shape.spec.meta()?.description;
  command.option(
    "--data <spec...>",
    `${spec}; two specs are two domains, aligned if they are folders with the same file names, otherwise unpaired (default: ${definition === null ? "depends on the recipe" : defaultData(definition).description})`,
  );
  addFlags(command, dataOptions.omit({ spec: true, second: true }), "Data:");
  addFlags(command, trainOptions, "Training:", definition === null ? {} : usualTexts(definition));
  addDeviceFlag(command, "Training:");
  addSessionFlags(command, "Training:");
  if (definition !== null) addFlags(command, definition.options, `Model (${definition.name}):`);
  command
    .optionsGroup("Run:")
    .option("--recipe <file>", "file with a custom recipe, .js or .ts, instead of a built-in one")
    .option("--out <dir>", "folder of the run (default: runs/RECIPE-DATA-N, the next free N)")
    .option(
      "--data-fingerprint <train,test>",
      "fail unless the splits have these fingerprints, as in the data.json of a run",
    )
    .option("--config <file>", "config.json of an earlier run to repeat; flags override its entries")
    .option("--init-from <run>", "run whose parameters (EMA, if kept) initialise the model")
    .option("--set <path=value>", "override an entry of the config, repeatable: --set model.latent=4", collect)
    .option("--studio", "monitor the run in a browser while it trains")
    .option("--dry-run", "check everything and print the config; write nothing");
  addOutputFlags(command, { quiet: true, pictures: true });
  addTrainExamples(command, definition);
  if (definition !== null) addOthersFlags(command, definition);
  command.action(async (_recipe: string | undefined, flags: Omit<TrainFlags, "data">) => {
    if (definition !== null) requireOwnFlags(definition, flags);
    process.exitCode = await runTrain(recipe!, await asked.file(), { ...flags, data: asked.data });
  });
}

/** Flags of other recipes, known so that the error can name the recipes that have them. */
function addOthersFlags(command: Command, own: ModelDefinition): void {
  const known = new Set(command.options.map(({ long }) => long));
  for (const { options } of models.filter((model) => model !== own)) {
    for (const described of describeOptions(options)) {
      const flag = flagOf(described.name);
      if (known.has(flag)) continue;
      known.add(flag);
      command.addOption(new Option(`${flag} <value>`).hideHelp());
    }
  }
}

/** @throws OptionError for a flag of another recipe. */
function requireOwnFlags({ name: own, options }: ModelDefinition, flags: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(flags)) {
    const owners = models.filter((model) => name in model.options.shape).map((model) => model.name);
    if (name in options.shape || name in trainOptions.shape || name in dataOptions.shape || owners.length === 0)
      continue;
    throw new OptionError(
      `${flagOf(name)} is an option of ${owners.join(", ")}, not of ${own}`,
      `train one of them, or see the options of this one: zaya train ${own} --help`,
    );
  }
}

function collect(value: string, all: readonly string[] = []): string[] {
  return [...all, value];
}

function addRecipes(command: Command): void {
  addNames(
    command,
    "Recipes:",
    models.map(({ name, summary }) => [name, summary]),
  );
  addNote(command, "zaya train RECIPE --help shows the options of a recipe and its defaults.");
}

/** Example data for a recipe, and how to pass the user's own images. */
const exampleData = {
  items: { known: mnist.name, purpose: "a folder of your own images (here: photos)", own: "photos --size 32" },
  domains: { known: digitsOutlined.name, purpose: "two folders of your own images", own: "horses zebras --size 64" },
  "aligned pairs": {
    known: digitsOutlined.name,
    purpose: "a folder of your own pairs, A left and B right in each image",
    own: "pairs --pairs side-by-side",
  },
} as const;

function addTrainExamples(command: Command, definition: ModelDefinition | null): void {
  const { name, learnsFrom = "items" } = definition ?? models[0]!;
  const { known, purpose, own } = exampleData[learnsFrom];
  addExamples(command, [
    ["print the config for a built-in data set", `zaya train ${name} --data ${known} --dry-run`],
    ["train", `zaya train ${name} --data ${known}`],
    [purpose, `zaya train ${name} --data ${own}`],
  ]);
}

/** Defaults of a recipe's training options, as --help shows them. */
function usualTexts(definition: ModelDefinition): Record<string, string> {
  const usually = (kind: "image" | "points"): Record<string, unknown> => {
    const { minSteps, epochs, ...others } = trainingDefaults(definition, kind);
    return { ...others, epochs: epochs && `${epochs}, but at least ${minSteps} steps` };
  };
  const [images, points] = [usually("image"), usually("points")];
  const entries = new Map(Object.entries(images));
  return Object.fromEntries(
    Object.entries(points).flatMap(([name, value]) => {
      const usual = entries.get(name);
      if (usual === undefined && value === undefined) return [];
      if (usual === value) return [[name, String(value)]];
      const texts = [usual, value === undefined ? value : `${String(value)} for points`];
      return [[name, texts.filter((text) => text !== undefined).join("; ")]];
    }),
  );
}

/** The training run that a command's arguments describe; its config is read once, when it is first needed. */
interface Asked extends TrainArguments {
  readonly file: () => Promise<PartialConfig>;
}

function configFile(path: string | undefined): Asked["file"] {
  let read: Promise<PartialConfig> | undefined;
  return () => (read ??= path === undefined ? Promise.resolve({}) : readConfig(path));
}

/** A built-in recipe, or a custom one with its file. */
type FoundRecipe = Recipe & Partial<OwnRecipe>;

async function findRecipe({ recipe: named, module: path, file }: Asked): Promise<FoundRecipe> {
  if (named !== undefined && path !== undefined) {
    throw new OptionError(`train takes one recipe - got ${named} and --recipe ${path}`, "leave one of them out");
  }
  if (path !== undefined) return importRecipe(path);
  const { recipe, module } = named === undefined ? await file() : { recipe: named, module: undefined };
  if (module !== undefined) return recordedRecipe(module, "--config");
  const known = models.map((model) => model.name);
  if (recipe === undefined) {
    throw new OptionError(
      "train needs a recipe",
      `recipes: ${models.map(({ name, summary }) => `${name} (${summary})`).join(", ")}; or --recipe FILE for one of your own`,
    );
  }
  const definition = models.find((model) => model.name === recipe);
  if (definition !== undefined) return { definition };
  const hint = isModulePath(recipe)
    ? `for a recipe of your own: zaya train --recipe ${shellWord(recipe)}`
    : suggestion(recipe, known, "recipes");
  throw new OptionError(`the recipe must be known - got ${recipe}`, hint);
}

async function runTrain({ definition, module }: FoundRecipe, file: PartialConfig, flags: TrainFlags): Promise<number> {
  const output = new Output(flags);
  const given = mergeConfig(file, definition, flags, specsOf(flags.data));
  // Everything is validated before the first byte is written, the cheap checks first.
  const configured = { definition, options: parseOptions(definition.options, given.model, definition.name) };
  parseOptions(trainOptions, given.train, "train");
  const { threads, until } = sessionOf(flags);
  const device = deviceOf(given.device);
  const usual = defaultData(definition);
  const { spec, ...how } = parseOptions(dataOptions, { spec: usual.spec, ...given.data }, "data");
  if (flags.out !== undefined) await requireFreeFolder(flags.out);
  const data = await openData(spec, how);
  if (flags.dataFingerprint !== undefined) requireFingerprint(data, flags.dataFingerprint);
  // The recipe may refuse the data because files were skipped.
  for (const line of await noticeLines(data, { all: flags.json === true })) output.warn(line);
  if (given.data.spec === undefined && usual.note !== undefined) output.warn(`note: ${usual.note}`);
  const engine = await nodeEngine({ device, threads });
  const from = flags.initFrom ?? file.init?.run;
  const initial =
    from === undefined ? undefined : await readInitial(from, flags.initFrom === undefined ? file.init : undefined);
  const source = absoluteSource({ spec, ...how }, process.cwd());
  const plan = await planRun(configured, data, given.train as TrainOptions, { engine, source, module, initial });
  const { config, model } = plan;

  const lines = [titleLine(definition.name, data), ...configLines(config, usualConfig(definition, model, data))];
  if (flags.dryRun === true) {
    output.result(lines, configForm, config);
    return exitCodes.done;
  }
  for (const line of lines) output.say(line);

  const folder = await (flags.out === undefined
    ? createNumberedRunFolder(defaultFolder(config))
    : createRunFolder(flags.out));
  const signal = catchInterrupt(output);
  let studio: OpenStudio | null = null;
  try {
    output.say(`run ${folder.folder}`);
    const settings = { store: folder.store, versions: versions(threads) };
    const begin = (ends: AbortSignal) => train(plan, { ...settings, signal: ends });
    studio = flags.studio === true ? await openStudio(folder.folder, output) : null;
    const code = await inRun(folder.folder, () => followRun(begin, { signal, until }, folder, config, output));
    if (studio?.own === true && output.live && flags.json !== true && !signal.aborted) {
      // The page may continue to use it.
      await folder.release();
      output.say("the studio stays open; press Ctrl-C to quit");
      const stopped = new Promise<void>((done) => signal.addEventListener("abort", () => done()));
      await Promise.race([stopped, studio.ended]);
    }
    return code;
  } finally {
    await studio?.close();
    await folder.release();
  }
}

/** @throws DataError for other items: a trial of a sweep uses the same data on all machines. */
function requireFingerprint({ train: items, test }: DataSplit, expected: string): void {
  const found = `${items.fingerprint},${test.fingerprint}`;
  if (found === expected) return;
  throw new DataError(
    `${items.name}: the data must have the fingerprints ${expected} - got ${found}`,
    "copy the data from the machine on which the sweep was started",
  );
}

/** @throws OptionError for more than two values. */
function specsOf(data: readonly string[]): DataSpecs {
  const [spec, second] = data;
  if (data.includes("")) throw new OptionError("--data needs a name, a folder or a file - got an empty string");
  if (data.length <= 2) return { spec, second };
  throw new OptionError(`--data takes one data set or two domains - got ${data.length}: ${data.join(", ")}`);
}

/** The config of a command without flags on data of this size. */
function usualConfig(definition: ModelDefinition, model: Model, data: DataSplit): RunConfig {
  const options = Object.fromEntries(describeOptions(definition.options).map(({ name, initial }) => [name, initial]));
  const training = resolveTraining(definition, model, {}, data.train);
  return runConfig({ definition, options }, { spec: defaultData(definition).spec }, training, {
    device: defaultDevice,
  });
}

function defaultFolder({ recipe, data }: RunConfig): string {
  const specs = data.second === undefined ? [data.spec] : [data.spec, data.second];
  const names = specs.map((spec) => basename(spec, extname(spec)).replace(/[^\w.-]+/g, "-"));
  return join("runs", [recipe, ...names].join("-"));
}
