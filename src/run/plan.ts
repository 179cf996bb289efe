import { OptionError } from "../base/errors.ts";
import { maxOf } from "../base/many.ts";
import { describeOptions, parseOptions } from "../base/options.ts";
import { type DataSplit, type Dataset, hasSides, pointScaleOf, standardised, unaligned } from "../data/index.ts";
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

/** A session of training that has not begun, with nothing left open. */
export interface Plan extends Recipe {
  /** What config.json will hold, or does. */
  readonly config: RunConfig;
  readonly model: Model;
  readonly data: DataSplit;
  /** Training items as the model's steps see them. */
  readonly served: Dataset;
  readonly engine: Engine;
  /** Parameters of another run to begin with; drawn where not given. The optimizer is a fresh one. */
  readonly initial?: InitialParameters | undefined;
}

/** What a plan is made for. */
export interface PlanSettings extends Pick<Plan, "engine" | "initial"> {
  /** How the data can be opened again, for the run's config. */
  readonly source?: DataSource;
  /** The file that exports the recipe, where that is the person's own, for the run's config. */
  readonly module?: RecipeModule | undefined;
}

/**
 * A recipe's model for some data, and how to train it on an engine.
 * @throws OptionError when options do not fit the model, the data, the memory or each other: a plan that is made can be begun.
 */
export function planRun(
  { definition, options }: ConfiguredModel,
  data: DataSplit,
  training: TrainOptions,
  { source = { spec: data.train.name }, module, ...settings }: PlanSettings,
): Plan {
  requireOwnName(definition);
  requireKind(definition, data.train);
  const info = infoOf(data);
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
 * The plan of a run that goes on.
 * @param recorded The run's record of its data, whose scale it has learned in; null where it has saved nothing.
 * @throws OptionError when a step does not fit into the memory. @throws RunError when the run's recipe is not known.
 */
export function planAgain(
  run: Run,
  data: DataSplit,
  recorded: Pick<DataInfo, "scale"> | null,
  settings: Pick<Plan, "engine" | "initial">,
): Plan {
  const model = modelAgain(run, data, recorded, settings.engine.freeMemory?.());
  return planned(run.config, run.recipe, model, data, settings);
}

/**
 * The model of a run that goes on; parameters as of `planAgain`.
 * @param memory Bytes that are free for its steps, where that is known.
 */
export function modelAgain(
  { configured, config }: Run,
  data: DataSplit,
  recorded: Pick<DataInfo, "scale"> | null,
  memory?: number,
): Model {
  const { scale: found, ...info } = infoOf(data);
  const scale = recorded === null ? found : recorded.scale;
  const model = buildModel(configured, { ...info, ...(scale && { scale }) });
  const { definition, options } = configured;
  requireParameterMemory(definition.name, model, largerThanUsual(definition, options), memory);
  requireStepMemory(definition.name, model, [config.train.batch, ...data.train.shape], memory);
  return model;
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

/** The options of a model whose numbers are larger than the recipe's own. */
function largerThanUsual({ options }: ModelDefinition, given: Readonly<Record<string, unknown>>): string[] {
  const usual = new Map(describeOptions(options).map(({ name, initial }) => [name, initial]));
  const largest = (value: unknown): number =>
    typeof value === "number" ? value : Array.isArray(value) ? maxOf([0, ...value.map(largest)]) : 0;
  return Object.keys(given).filter((option) => largest(given[option]) > largest(usual.get(option)));
}

/** A recipe's model for such data. @throws OptionError when options are not valid, or do not fit the data. */
export function buildModel({ definition, options }: ConfiguredModel, data: DataInfo): Model {
  const parsed = parseOptions(definition.options, options, definition.name);
  return inUnits(definition.build(parsed, data), data.scale);
}

/** @throws OptionError for a recipe that goes by the name of one of zaya's: its runs would be reopened as that one's. */
function requireOwnName(definition: ModelDefinition): void {
  const known = models.find(({ name }) => name === definition.name);
  if (known === undefined || known === definition) return;
  throw new OptionError(
    `a recipe of your own must have a name that zaya's recipes do not have - got ${definition.name}`,
    `call it something else, my-${definition.name} for example`,
  );
}

/** What a model is told of the data before its nets are built. */
export function infoOf(data: DataSplit): DataInfo {
  const { kind, shape, size: items } = data.train;
  const classes = classesOf(data);
  const scale = pointScaleOf(data.train);
  return { kind, shape, items, ...(classes !== undefined && { classes }), ...(scale && { scale }) };
}

/**
 * Training items as a recipe's steps see them: one that learns from domains is not told which images belong together, and points
 * in units of their own are standardised.
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
