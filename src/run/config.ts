import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { choiceField, countOrShareField, integerField, numberField, parseOptions, textField } from "../base/options.ts";
import type { Dataset } from "../data/index.ts";
import type { ConfiguredModel, Model, ModelDefinition } from "../models/index.ts";
import { type Schedule, constantSchedule, cosineSchedule, linearSchedule } from "../optim/index.ts";
import { batchesPerStep } from "../step/trace.ts";
import type { TrainOptions } from "./option-types.ts";

/** Schema of `TrainOptions`. */
export const trainOptions = z
  .object({
    steps: integerField("number of training steps, one batch each; instead of --epochs", { min: 1 }).optional(),
    epochs: integerField("passes over the training split, instead of --steps", { min: 1 }).optional(),
    batch: integerField("batch size in items", { min: 1 }).optional(),
    learningRate: numberField("initial learning rate of the optimizer", { above: 0 }).optional(),
    schedule: choiceField("learning-rate schedule; constant-linear decays linearly over the second half", [
      "constant",
      "linear",
      "constant-linear",
      "cosine",
    ]).optional(),
    rateEnd: numberField("final learning rate as a fraction of the initial one", { min: 0, max: 1 }).optional(),
    seed: integerField("random seed of parameters, batches and noise; the same seed gives the same numbers", {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
    }).default(0),
    logEvery: integerField("steps between two log entries in metrics.jsonl", { min: 1 }).default(10),
    evalEvery: integerField(
      "steps between two evaluations, on held-out and on training items (default: a twentieth of the run)",
      {
        min: 1,
      },
    ).optional(),
    sampleEvery: integerField("steps between two sample grids (default: a tenth of the run)", {
      min: 1,
    }).optional(),
    checkpointEvery: integerField("steps between two checkpoints", { min: 1 }).default(500),
    keep: integerField("number of latest checkpoints to keep", { min: 1 }).default(2),
  })
  .meta({
    description:
      "options of training, for any model; defaults that are not given here depend on the recipe and the data",
  });

/** Default training options of a recipe, which depend on the kind of data. */
export function trainingDefaults({ defaults, pointDefaults = defaults }: ModelDefinition, kind: Dataset["kind"]) {
  const { length, ...others } = kind === "points" ? pointDefaults : defaults;
  const { steps, epochs, minSteps }: { readonly [name in "steps" | "epochs" | "minSteps"]?: number } = length;
  return { schedule: "linear", rateEnd: 0.05, steps, epochs, minSteps, ...others } as const;
}

/** Training options with all defaults filled in. */
export interface ResolvedTraining {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly schedule: "constant" | "linear" | "constant-linear" | "cosine";
  readonly rateEnd: number;
  readonly seed: number;
  readonly logEvery: number;
  readonly evalEvery: number;
  readonly sampleEvery: number;
  readonly checkpointEvery: number;
  readonly keep: number;
}

/** Schema of `OpenDataOptions`. */
export const openDataOptions = z
  .object({
    second: textField("second domain of images, in the same form as spec").optional(),
    pairs: choiceField("read each image as an aligned pair: A is its left half, B its right half", [
      "side-by-side",
    ]).optional(),
    domain: choiceField("read only this domain of data with two domains (A is the first)", ["A", "B"]).optional(),
    size: integerField(
      "scale and centre-crop the images of a folder to n x n pixels; also the resolution of shapes and emoji",
      {
        min: 1,
      },
    ).optional(),
    limit: countOrShareField(
      "use the first n items only; below 1, a random fraction of the training split, always the same one; with two domains, applies to each",
    ).optional(),
    dataDir: textField("folder with the files of a built-in data set, instead of the default one", "dir").optional(),
  })
  .meta({ description: "how data are read: folders, pairs, domains, image size and number of items" });

/** Schema of `OpenItemsOptions`. */
export const openItemsOptions = openDataOptions
  .omit({ limit: true })
  .meta({ description: "how data are read, without splitting or limiting them" });

/** Schema of `DataOptions`: what opens the data of a run again. */
export const dataOptions = z
  .object({
    spec: textField(
      "name of a data set (see zaya list data), folder of images, or file (.npy, .parquet, .csv, .tsv, IDX; .js or .ts that exports data)",
    ),
    ...openDataOptions.shape,
  })
  .meta({ description: "source of the data, and how they are read" });

/** Where the data of a run come from. */
export type DataSource = z.output<typeof dataOptions>;

/** Title of the data for reports, which may be shared: names without folders. */
export function sourceTitle({ spec, second, domain }: DataSource): string {
  const named = [spec, ...(second === undefined ? [] : [second])].map(withoutFolders).join(" and ");
  return domain === undefined ? named : `${named}, ${domain}`;
}

function withoutFolders(spec: string): string {
  return spec.split(/[\\/]+/).findLast((part) => part !== "") ?? spec;
}

/** All settings of a run: the file config.json. */
export interface RunConfig {
  readonly recipe: string;
  /** File that exports the recipe, for a custom recipe given to the command line. */
  readonly module?: RecipeModule | undefined;
  readonly model: Readonly<Record<string, unknown>>;
  readonly data: DataSource;
  readonly train: ResolvedTraining;
  readonly device: string;
  /** Earlier lengths of the run, oldest first. */
  readonly lengthened?: readonly Lengthening[] | undefined;
  /** The checkpoint that it was initialised from, if any. */
  readonly init?: InitialRun | undefined;
}

const lengthening = z.object({ at: z.int().min(0), from: z.int().min(1), to: z.int().min(1) });

/** After `at` steps, the length of the run was changed from `from` to `to` steps. */
export type Lengthening = z.output<typeof lengthening>;

const initialRun = z.object({
  run: z.string(),
  step: z.int().min(1),
  weights: z.enum(["ema", "last"]),
  sha256: z.string(),
});

const recipeModule = z.object({ path: z.string(), sha256: z.string() });

/** A JavaScript or TypeScript file: its absolute path and the SHA-256 of its bytes, without its imports. */
export type RecipeModule = z.output<typeof recipeModule>;

/**
 * A checkpoint of another run: its folder, its step, which parameters were used, and the SHA-256 of params.safetensors.
 */
export type InitialRun = z.output<typeof initialRun>;

/**
 * Fills in the training options for a model and its data.
 * @throws OptionError for options that are not valid, for both steps and epochs, and for a batch that does not fit the
 * data or the model.
 */
export function resolveTraining(
  definition: ModelDefinition,
  model: Model,
  raw: TrainOptions,
  data: Dataset,
): ResolvedTraining {
  const given = parseOptions(trainOptions, raw, "train");
  const defaults = trainingDefaults(definition, data.kind);
  const fewest = fewestItems(data);
  const batch = batchFor(model, given.batch, usualBatch(defaults.batch, data.kind, fewest));
  if (batch > fewest) {
    const which = fewest < data.size ? " of the smaller domain" : "";
    throw new OptionError(
      `batch must be at most the ${fewest} training items${which} - got ${batch}`,
      "choose a smaller --batch or more data",
    );
  }
  if (given.steps !== undefined && given.epochs !== undefined) {
    throw new OptionError(
      `steps and epochs are mutually exclusive - got ${given.steps} and ${given.epochs}`,
      "use one of them",
    );
  }
  const { epochs: _, ...rest } = given;
  const open = given.steps === undefined && given.epochs === undefined;
  const { steps: chosen, epochs = 1 } = open ? defaults : given;
  const minSteps = (open ? defaults.minSteps : undefined) ?? 1;
  const steps = chosen ?? Math.max(minSteps, stepsIn(epochs, model, data.size, batch));
  const resolved = {
    ...rest,
    schedule: given.schedule ?? defaults.schedule,
    rateEnd: given.rateEnd ?? defaults.rateEnd,
    steps,
    batch,
    learningRate: given.learningRate ?? defaults.learningRate,
    evalEvery: given.evalEvery ?? Math.max(1, Math.ceil(steps / 20)),
    sampleEvery: given.sampleEvery ?? Math.max(1, Math.ceil(steps / 10)),
  };
  // In the order of the documentation.
  return parseOptions(resolvedTraining, resolved, "train") as ResolvedTraining;
}

/** Number of steps for this many epochs. */
export function stepsIn(epochs: number, model: Model, size: number, batch: number): number {
  return Math.max(1, Math.round((epochs * Math.floor(size / batch)) / batchesPerStep(model)));
}

/** Minimum batches per epoch for small data sets, and the smallest batch size that this leads to. */
const [fewestBatches, smallBatch] = [8, 16];

/** Small data sets are trained in small batches: a step makes as much progress at a fraction of the cost. */
function usualBatch(usual: number, kind: Dataset["kind"], fewest: number): number {
  const small = kind === "points" ? fewest : Math.max(smallBatch, Math.floor(fewest / fewestBatches));
  return Math.min(usual, small, fewest);
}

/** A batch contains the same number of images of each domain. */
function fewestItems({ size, sides }: Dataset): number {
  return sides === undefined ? size : Math.min(sides.a.size, sides.b.size);
}

/** @throws OptionError for a batch size that the model cannot divide; the default is rounded to a multiple. */
function batchFor({ batchMultiple = 1 }: Model, given: number | undefined, usual: number): number {
  if (given === undefined) return Math.max(1, Math.floor(usual / batchMultiple)) * batchMultiple;
  if (given % batchMultiple === 0) return given;
  throw new OptionError(
    `batch must be a multiple of ${batchMultiple} for this model - got ${given}`,
    `choose --batch ${Math.ceil(given / batchMultiple) * batchMultiple}`,
  );
}

/** Steps between two health checks of the nets: five per sample grid. */
export function healthEvery({ sampleEvery }: Pick<ResolvedTraining, "sampleEvery">): number {
  return Math.max(1, Math.round(sampleEvery / 5));
}

/** Items on which dead units are counted, if that takes no more than about a tenth of the training time. */
const deadUnitItems = 2000;

/** Number of training items per count of dead units, in whole batches; one batch takes about a third of a step. */
export function healthItems(
  { batch, sampleEvery }: Pick<ResolvedTraining, "sampleEvery" | "batch">,
  trainingItems: number,
): number {
  const affordable = Math.min(Math.ceil(deadUnitItems / batch), Math.floor(healthEvery({ sampleEvery }) / 4));
  return batch * Math.max(1, Math.min(affordable, Math.floor(trainingItems / batch)));
}

/** The learning-rate schedule. */
export function rateOf({ schedule, learningRate, rateEnd, steps }: ResolvedTraining): Schedule {
  const end = learningRate * rateEnd;
  if (schedule === "linear") return linearSchedule(learningRate, end, 0, steps);
  if (schedule === "constant-linear") return linearSchedule(learningRate, end, Math.floor(steps / 2), steps);
  return schedule === "cosine" ? cosineSchedule(learningRate, end, steps) : constantSchedule(learningRate);
}

/** The config of a run: everything that its numbers depend on. */
export function runConfig(
  { definition, options }: ConfiguredModel,
  data: DataSource,
  train: ResolvedTraining,
  { device, module, init }: Pick<RunConfig, "device" | "module" | "init">,
): RunConfig {
  const recipe = { recipe: definition.name, ...(module && { module }) };
  return { ...recipe, model: options, data, train, device, ...(init && { init }) };
}

const sections = z.object({
  recipe: z.string({ error: "must be the name of a recipe" }),
  module: z.object(recipeModule.shape, { error: "must name the file of a recipe" }).optional(),
  model: section("options of the recipe"),
  data: section("where the data come from"),
  train: section("options of training"),
  device: z.string({ error: "must be the name of a device" }),
  lengthened: z.array(lengthening, { error: "must be a list of earlier lengths" }).optional(),
  init: z.object(initialRun.shape, { error: "must name a checkpoint" }).optional(),
});

/** A config with entries left to defaults. */
export interface PartialConfig {
  readonly recipe?: string | undefined;
  readonly module?: RecipeModule | undefined;
  readonly model?: Readonly<Record<string, unknown>> | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly train?: Readonly<Record<string, unknown>> | undefined;
  readonly device?: string | undefined;
  readonly init?: InitialRun | undefined;
}

/**
 * Checks the structure of a config that a user may have written; the options are checked when it is resolved. @throws
 * OptionError for an unknown or malformed entry.
 */
export function parsePartialConfig(raw: unknown, where: string): PartialConfig {
  return parseOptions(sections.partial(), asRecord(raw, where), where);
}

/**
 * Checks the config of a run, except for the recipe's own options. @throws OptionError for an unknown or malformed
 * entry.
 */
export function parseRunConfig(raw: unknown, where: string): RunConfig {
  try {
    const config = parseOptions(sections, asRecord(raw, where), where);
    return {
      ...config,
      data: parseOptions(dataOptions, config.data, `${where}: data`),
      // Runs of version 0.1.0 had no evaluation interval.
      train: parseOptions(
        resolvedTraining,
        { evalEvery: config.train.sampleEvery, ...config.train },
        `${where}: train`,
      ) as ResolvedTraining,
    };
  } catch (error) {
    // With the name of the option alone, the message would name a flag.
    if (!(error instanceof OptionError) || error.option === undefined) throw error;
    throw new OptionError(`${where}: ${error.message}`, error.hint);
  }
}

/** An entry in which two configs differ. */
export interface ChangedEntry {
  /** Path of the entry, such as `train.batch`. */
  readonly name: string;
  readonly was: unknown;
  readonly is: unknown;
}

/** The first entry in which the configs differ; null if they are equal. */
export function changedEntry(was: RunConfig, is: RunConfig): ChangedEntry | null {
  const [before, after] = [entriesOf(was), entriesOf(is)];
  const name = [...new Set([...before.keys(), ...after.keys()])].find(
    (entry) => JSON.stringify(before.get(entry)) !== JSON.stringify(after.get(entry)),
  );
  return name === undefined ? null : { name, was: before.get(name), is: after.get(name) };
}

function entriesOf({ recipe, device, ...sections }: RunConfig): Map<string, unknown> {
  const inner = Object.entries(sections).flatMap(([section, entries]) =>
    Object.entries(entries as Record<string, unknown>).map(([name, value]) => [`${section}.${name}`, value] as const),
  );
  return new Map<string, unknown>([["recipe", recipe], ...inner, ["device", device]]);
}

const resolvedTraining = trainOptions.omit({ epochs: true }).required();

function section(doc: string) {
  return z.record(z.string(), z.unknown(), { error: "must be an object" }).meta({ description: doc });
}

function asRecord(raw: unknown, where: string): Record<string, unknown> {
  if (typeof raw === "object" && raw !== null && !Array.isArray(raw)) return raw as Record<string, unknown>;
  throw new OptionError(`${where}: must be a JSON object - got ${JSON.stringify(raw)}`);
}
