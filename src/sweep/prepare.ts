import { OptionError } from "../base/errors.ts";
import { sizeOf } from "../base/ndarray.ts";
import type { DataSplit } from "../data/index.ts";
import type { Model } from "../models/index.ts";
import { stepBytes } from "../step/step-memory.ts";
import { methods } from "./methods/index.ts";
import { requireMetric } from "./metric.ts";
import { type SweepSubject, TrialResolver, requireValues } from "./resolve.ts";
import { isHalving, rungsOf } from "./rungs.ts";
import { type Space, combinationsOf, spaceOf } from "./space.ts";
import { type SweepFile, seedsOf } from "./sweep-file.ts";
import { SweepState } from "./sweep-state.ts";

/** A sweep that is ready to start. */
export interface PreparedSweep {
  readonly file: SweepFile;
  readonly resolver: TrialResolver;
  /** Number of possible configurations; Infinity if a parameter has a continuous range. */
  readonly combinations: number;
  /** Steps of its first trial. */
  readonly steps: number;
  /** Estimated memory of its first trial. */
  readonly bytes: number;
  /** Its initial state. */
  readonly state: SweepState;
}

/**
 * Checks a sweep as far as possible before training: its method, each value of each parameter, its first trial and its metric.
 * @param where The file, for messages.
 * @throws OptionError if any of these is invalid. @throws DataError if the data cannot be opened.
 */
export async function prepareSweep(file: SweepFile, subject: SweepSubject, where: string): Promise<PreparedSweep> {
  const space = spaceOf(file, subject.definition, where);
  requireSearchable(file, space, where);
  requireValues(space, subject.definition, where);
  const resolver = new TrialResolver(file, space, subject);
  const parameters = new SweepState(file, space, [null]).propose()!;
  const { model, data, config } = await resolver.resolve(parameters, seedsOf(file)[0]!);
  requireMetric(file.metric.name, model, data, isHalving(file), where);
  const { steps } = config.train;
  const state = new SweepState(file, space, rungsOf(file, steps));
  const bytes = trialBytes(model, data, config.train.batch);
  return { file, resolver, combinations: combinationsOf(space), steps, bytes, state };
}

/** Bytes of a training process without model and data. */
const processBytes = 250 * 2 ** 20;

/** Upper estimate of the memory of a training process: its step, and its items as float32. */
function trialBytes(model: Model, { train, test }: DataSplit, batch: number): number {
  const items = train.size + test.size;
  return processBytes + stepBytes(model, [batch, ...train.shape]) + 4 * items * sizeOf(train.shape);
}

/** @throws OptionError if the method and the other entries are incompatible. */
function requireSearchable(file: SweepFile, space: Space, where: string): void {
  const { method: name, run_cap: cap, early_terminate: early } = file;
  const method = methods.find((known) => known.name === name)!;
  const continuous = space.find(({ domain }) => domain.kind === "range" && !domain.whole);
  if (method.ends && continuous !== undefined) {
    throw new OptionError(
      `${where}: method ${name} needs values for every parameter - got a range for ${continuous.name}`,
      "list its values, or choose method: random",
    );
  }
  if (!method.ends && cap === undefined && combinationsOf(space) === Infinity) {
    throw new OptionError(`${where}: method ${name} needs run_cap, the number of trials`);
  }
  const seeds = seedsOf(file).length;
  if (cap !== undefined && cap < seeds) {
    throw new OptionError(`${where}: run_cap must be at least the ${seeds} seeds of a configuration - got ${cap}`);
  }
  if (method.halves === true && early === undefined) {
    throw new OptionError(
      `${where}: method ${name} needs early_terminate`,
      "early_terminate: {min_iter: 100} compares configurations after 100 steps for the first time",
    );
  }
  if (method.learns === true && early !== undefined) {
    throw new OptionError(
      `${where}: method ${name} learns from whole trials, which early_terminate would stop`,
      "leave it out, or choose method: asha",
    );
  }
}
