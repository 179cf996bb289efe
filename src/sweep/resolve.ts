import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { parseOptions } from "../base/options.ts";
import type { DataSplit } from "../data/index.ts";
import type { Model, ModelDefinition } from "../models/index.ts";
import {
  type DataSource,
  type RecipeModule,
  type RunConfig,
  type TrainOptions,
  dataOptions,
  planRun,
  trainOptions,
} from "../run/index.ts";
import type { Engine } from "../runtime/index.ts";
import type { Assignment, Space } from "./space.ts";
import type { SweepFile } from "./sweep-file.ts";
import { type Fingerprints, fingerprintsOf, trialId } from "./trial.ts";

/** The recipe and data that a sweep file names. */
export interface SweepSubject {
  readonly definition: ModelDefinition;
  /** File of the recipe, if it is a custom one. */
  readonly module?: RecipeModule | undefined;
  readonly engine: Engine;
  /** Opens data. The returned source holds absolute paths. */
  open(source: DataSource): Promise<{ readonly data: DataSplit; readonly source: DataSource }>;
}

/** A training run whose options are all resolved. */
export interface ResolvedTrial {
  readonly id: string;
  readonly config: RunConfig;
  readonly fingerprints: Fingerprints;
  readonly model: Model;
  readonly data: DataSplit;
}

/** Resolves the configs of a sweep's trials. Data are opened once. */
export class TrialResolver {
  /** Steps of the first trial, if there is early_terminate. */
  private steps: number | undefined;
  private readonly opened = new Map<string, ReturnType<SweepSubject["open"]>>();

  constructor(
    private readonly file: SweepFile,
    private readonly space: Space,
    private readonly subject: SweepSubject,
  ) {}

  /** @throws OptionError if values do not fit the model, the data or each other. @throws DataError if data cannot be opened. */
  async resolve(parameters: Assignment, seed: number): Promise<ResolvedTrial> {
    const { definition, module, engine } = this.subject;
    const options = (section: Space[number]["section"]) =>
      Object.fromEntries(
        this.space.filter((one) => one.section === section).map(({ name, option }) => [option, parameters[name]]),
      );
    const base = typeof this.file.data === "string" ? { spec: this.file.data } : this.file.data;
    const { data, source } = await this.open(parseOptions(dataOptions, { ...base, ...options("data") }, "data"));
    const configured = { definition, options: parseOptions(definition.options, options("model"), definition.name) };
    const { min_iter: every } = this.file.early_terminate ?? {};
    const training = { ...(every !== undefined && { evalEvery: every }), ...options("train"), seed } as TrainOptions;
    const { config, model } = await planRun(configured, data, training, { engine, source, module });
    if (every !== undefined) this.requireComparable(config, every);
    return { id: trialId(config, this.file.threads, data), config, fingerprints: fingerprintsOf(data), model, data };
  }

  /** @throws OptionError if a trial is not evaluated at the steps of comparison, or differs in length from the others. */
  private requireComparable({ train: { evalEvery, steps } }: RunConfig, every: number): void {
    if (every % evalEvery !== 0) {
      throw new OptionError(`min_iter must be a multiple of evalEvery - got ${every} and ${evalEvery}`);
    }
    this.steps ??= steps;
    if (steps !== this.steps) {
      throw new OptionError(
        `with early_terminate all trials must have as many steps - got ${steps} and ${this.steps}`,
        "set the parameter steps",
      );
    }
  }

  private open(source: DataSource): ReturnType<SweepSubject["open"]> {
    const key = JSON.stringify(source);
    const known = this.opened.get(key) ?? this.subject.open(source);
    this.opened.set(key, known);
    return known;
  }
}

/** @throws OptionError for a value that the option does not accept. */
export function requireValues(space: Space, definition: ModelDefinition, where: string): void {
  const schemas: Readonly<Record<Space[number]["section"], z.ZodObject>> = {
    model: definition.options,
    train: trainOptions,
    data: dataOptions,
  };
  for (const { name, section, option, domain } of space) {
    const field = z.object({ [option]: schemas[section].shape[option]! as z.ZodType });
    for (const value of domain.kind === "choice" ? domain.values : [domain.min, domain.max]) {
      try {
        parseOptions(field, { [option]: value }, name);
      } catch (error) {
        if (!(error instanceof OptionError)) throw error;
        throw new OptionError(`${where}: parameters.${name}: ${error.message}`, error.hint);
      }
    }
  }
}
