import { OptionError } from "../base/errors.ts";
import { maxOf } from "../base/many.ts";
import { describeOptions, parseOptions } from "../base/options.ts";
import type { PointScale } from "../base/point-scale.ts";
import { type DataSplit, type Dataset, hasSides, standardised, unaligned } from "../data/index.ts";
import {
  type ConfiguredModel,
  type DataInfo,
  type Model,
  type ModelDefinition,
  type Recipe,
  inUnits,
  models,
} from "../models/index.ts";
import type { Engine } from "../runtime/index.ts";
import { scheduleStages } from "../step/stages.ts";
import { classesOf } from "../step/labels.ts";
import { layoutsOf } from "../step/layout.ts";
import { requireParameterMemory, requireStepMemory } from "../step/step-memory.ts";
import { type DataSource, type RecipeModule, type RunConfig, resolveTraining, runConfig } from "./config.ts";
import type { TrainOptions } from "./option-types.ts";
import { type InitialParameters, requireLike } from "./initial-parameters.ts";
import type { Run } from "./run.ts";

/** A training session with all settings resolved, before it starts. */
export interface Plan extends Recipe {
  /** Contents of config.json. */
  readonly config: RunConfig;
  readonly model: Model;
  readonly data: DataSplit;
  /** Training items as the model's steps receive them. */
  readonly served: Dataset;
  readonly engine: Engine;
  /** Parameters of another run to initialise from; random parameters if not given. The optimizer state is always new. */
  readonly initial?: InitialParameters | undefined;
}

/** Settings of a plan. */
export interface PlanSettings extends Pick<Plan, "engine" | "initial"> {
  /** How to reopen the data, for the run's config. */
  readonly source?: DataSource;
  /** File that exports a custom recipe, for the run's config. */
  readonly module?: RecipeModule | undefined;
}

/**
 * Resolves a recipe, data and training options into a plan.
 * @throws OptionError when options do not fit the model, the data, the memory or each other. A returned plan
 * can be started.
 */
export async function planRun(
  { definition, options }: ConfiguredModel,
  data: DataSplit,
  training: TrainOptions,
  { source = { spec: data.train.name }, module, ...settings }: PlanSettings,
): Promise<Plan> {
  requireOwnName(definition);
  requireKind(definition, data.train);
  const info = await infoOf(data);
  const configured = { definition, options: definition.resolve?.(options, info) ?? options };
  const model = buildModel(configured, info);
  const memory = settings.engine.freeMemory?.();
  requireParameterMemory(definition.name, model, largerThanUsual(definition, configured.options), memory);
  const resolved = resolveTraining(definition, model, training, data.train);
  scheduleStages(model, resolved.steps);
  requireStepMemory(definition.name, model, [resolved.batch, ...data.train.shape], memory);
  const about = { device: settings.engine.name, module, init: settings.initial?.init };
  return planned(runConfig(configured, source, resolved, about), definition, model, data, settings);
}

/**
 * The plan of a resumed run.
 * @param recorded The record of the run's data, with the scale that it was trained with; null if it has not saved
 * anything.
 * @throws OptionError when a step does not fit into memory. @throws RunError when the run's recipe is not known.
 */
export async function planAgain(
  run: Run,
  data: DataSplit,
  recorded: Pick<DataInfo, "scale"> | null,
  settings: Pick<Plan, "engine" | "initial">,
): Promise<Plan> {
  const model = await modelAgain(run, data, recorded);
  requireMemoryFor(run, model, data, settings.engine.freeMemory?.());
  return planned(run.config, run.recipe, model, data, settings);
}

/** The model of a resumed run; parameters as in `planAgain`. */
export async function modelAgain(
  { configured }: Run,
  data: DataSplit,
  recorded: Pick<DataInfo, "scale"> | null,
): Promise<Model> {
  return buildModel(configured, recorded === null ? await infoOf(data) : scaledInfo(data, recorded.scale));
}

/**
 * @param memory Bytes free for the steps of a resumed run, if known.
 * @throws OptionError when a step does not fit into them.
 */
export function requireMemoryFor({ configured, config }: Run, model: Model, data: DataSplit, memory?: number): void {
  const { definition, options } = configured;
  requireParameterMemory(definition.name, model, largerThanUsual(definition, options), memory);
  requireStepMemory(definition.name, model, [config.train.batch, ...data.train.shape], memory);
}

function planned(
  config: RunConfig,
  definition: ModelDefinition,
  model: Model,
  data: DataSplit,
  settings: Pick<Plan, "engine" | "initial">,
): Plan {
  const { initial } = settings;
  if (initial !== undefined) requireLike(definition.name, model, layoutsOf(model, config.train.seed), initial);
  return { definition, config, model, data, served: servedTo(definition, model, data.train), ...settings };
}

/** The options that are larger than the recipe's defaults. */
function largerThanUsual({ options }: ModelDefinition, given: Readonly<Record<string, unknown>>): string[] {
  const usual = new Map(describeOptions(options).map(({ name, initial }) => [name, initial]));
  const largest = (value: unknown): number =>
    typeof value === "number" ? value : Array.isArray(value) ? maxOf([0, ...value.map(largest)]) : 0;
  return Object.keys(given).filter((option) => largest(given[option]) > largest(usual.get(option)));
}

/** Builds a recipe's model for the data. @throws OptionError when options are not valid, or do not fit the data. */
export function buildModel({ definition, options }: ConfiguredModel, data: DataInfo): Model {
  const parsed = parseOptions(definition.options, options, definition.name);
  return inUnits(definition.build(parsed, data), data.scale);
}

/** @throws OptionError for a custom recipe with the name of a built-in one, because its runs would be reopened as that one. */
function requireOwnName(definition: ModelDefinition): void {
  const known = models.find(({ name }) => name === definition.name);
  if (known === undefined || known === definition) return;
  throw new OptionError(
    `a custom recipe must not have the name of a built-in one - got ${definition.name}`,
    `rename it, for example to my-${definition.name}`,
  );
}

/** What a model knows about the data before its nets are built. */
export async function infoOf(data: DataSplit): Promise<DataInfo> {
  return scaledInfo(data, await data.train.pointScale?.());
}

function scaledInfo(data: DataSplit, scale: PointScale | undefined): DataInfo {
  const { kind, shape, size: items } = data.train;
  const classes = classesOf(data);
  return { kind, shape, items, ...(classes !== undefined && { classes }), ...(scale && { scale }) };
}

/**
 * Training items as a recipe's steps receive them: unpaired for a recipe that learns from domains, and standardised
 * for points in arbitrary units.
 */
function servedTo({ learnsFrom }: ModelDefinition, { scale }: Model, items: Dataset): Dataset {
  return learnsFrom === "domains" && hasSides(items) ? unaligned(items) : standardised(items, scale);
}

/** @throws OptionError for a recipe that cannot learn from such items. */
function requireKind({ name, learnsFrom = "items" }: ModelDefinition, data: Dataset): void {
  const got = data.sides === undefined ? "items" : data.sides.aligned ? "aligned pairs" : "domains";
  if (got === learnsFrom || (learnsFrom === "domains" && got === "aligned pairs")) return;
  const unmatched = data.sides?.unmatched ?? [];
  if (unmatched.length > 0 && learnsFrom === "aligned pairs") throw withoutPartner(name, data.name, unmatched);
  const fitting = models.filter((other) => (other.learnsFrom ?? "items") === got).map((other) => other.name);
  throw new OptionError(
    `${name}: learns from ${described[learnsFrom]} - got ${described[got]} in ${data.name}`,
    `${whereFrom[learnsFrom]}; recipes for ${described[got]}: ${fitting.join(", ")}`,
  );
}

const namedFiles = 10;

function withoutPartner(recipe: string, data: string, files: readonly string[]): OptionError {
  const more = files.length > namedFiles ? `, and ${files.length - namedFiles} more` : "";
  return new OptionError(
    `${recipe}: learns from ${described["aligned pairs"]} - got ${files.length} ${files.length === 1 ? "file" : "files"} without a partner in ${data}: ${files.slice(0, namedFiles).join(", ")}${more}`,
    "add an image with the same name to the other folder, or remove it",
  );
}

const described = {
  items: "a single data set",
  domains: "two domains of images",
  "aligned pairs": "aligned pairs of images",
};

const whereFrom = {
  items: "pass a single data set, or select one of two domains with --domain",
  domains: "pass two folders, --data A B, or one with trainA and trainB in it",
  "aligned pairs":
    "pass a folder of side-by-side images with --pairs side-by-side, or two folders with the same file names",
};
