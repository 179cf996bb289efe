import { OptionError, RunError } from "../base/errors.ts";
import { maxOf } from "../base/many.ts";
import { parseOptions } from "../base/options.ts";
import { type DataSplit, type Dataset, hasSides, pointScaleOf, standardised, unaligned } from "../data/index.ts";
import {
  type ConfiguredModel,
  type DataInfo,
  type Model,
  type ModelDefinition,
  inUnits,
  models,
} from "../models/index.ts";
import { type ResolvedTraining, type RunConfig, type TrainOptions, resolveTraining } from "./config.ts";
import { courseOf } from "../step/course.ts";
import { classesOf } from "../step/labels.ts";
import { requireParameterMemory, requireStepMemory } from "../step/step-memory.ts";

/** A run that has not begun. */
export interface Plan {
  readonly model: Model;
  readonly training: ResolvedTraining;
  /** Training items as the model's steps see them. */
  readonly served: Dataset;
}

/**
 * A recipe's model for some data, and how to train it, with nothing left open.
 * @param memory Bytes that a step may take; as many as it likes where not given.
 * @throws OptionError when options do not fit the model, the data or each other: a plan that is made can be begun.
 */
export function planRun(
  { definition, options }: ConfiguredModel,
  data: DataSplit,
  training: TrainOptions,
  memory?: number,
): Plan {
  requireKind(definition, data.train);
  const info = infoOf(data);
  const model = inUnits(definition.build(options, info), info.scale);
  requireParameterMemory(definition.name, model, largerThanUsual(definition, options), memory);
  const resolved = resolveTraining(definition, model, training, data.train);
  courseOf(model, resolved.steps);
  requireStepMemory(definition.name, model, [resolved.batch, ...data.train.shape], memory);
  return { model, training: resolved, served: servedTo(definition, model, data.train) };
}

/**
 * The plan of a run that goes on.
 * @param recorded The run's record of its data, whose scale it has learned in; null where it has saved nothing.
 * @param memory As of `planRun`.
 * @throws OptionError when a step does not fit into the memory. @throws RunError when this version has no such recipe.
 */
export function planAgain(
  config: RunConfig,
  data: DataSplit,
  recorded: Pick<DataInfo, "scale"> | null,
  memory?: number,
): Omit<Plan, "training"> {
  const { scale: found, ...info } = infoOf(data);
  const scale = recorded === null ? found : recorded.scale;
  const model = buildModel(config, { ...info, ...(scale && { scale }) });
  requireParameterMemory(config.recipe, model, largerThanUsual(definitionOf(config), config.model), memory);
  requireStepMemory(config.recipe, model, [config.train.batch, ...data.train.shape], memory);
  return { model, served: servedTo(definitionOf(config), model, data.train) };
}

/** The options of a model whose numbers are larger than the recipe's own. */
function largerThanUsual({ name, options }: ModelDefinition, given: Readonly<Record<string, unknown>>): string[] {
  const usual = parseOptions(options, {}, name) as Readonly<Record<string, unknown>>;
  const largest = (value: unknown): number =>
    typeof value === "number" ? value : Array.isArray(value) ? maxOf([0, ...value.map(largest)]) : 0;
  return Object.keys(given).filter((option) => largest(given[option]) > largest(usual[option]));
}

/** The model that a run's config names. @throws RunError when this version has no such recipe. */
export function buildModel(config: RunConfig, data: DataInfo): Model {
  const definition = definitionOf(config);
  const options = parseOptions(definition.options, config.model, `run: ${definition.name}`);
  return inUnits(definition.build(options, data), data.scale);
}

function definitionOf({ recipe }: RunConfig): ModelDefinition {
  const definition = models.find(({ name }) => name === recipe);
  if (definition === undefined) throw new RunError(`the run's recipe must be known - got ${recipe}`);
  return definition;
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
    `${whereFrom[learnsFrom]}; of ${described[got]} learn ${fitting.join(", ")}`,
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
