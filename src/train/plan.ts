import type { DataSplit } from "../data/index.ts";
import type { ConfiguredModel, DataInfo, Model } from "../models/index.ts";
import { type ResolvedTraining, type TrainOptions, resolveTraining } from "./config.ts";
import { courseOf } from "./course.ts";
import { classesOf } from "./labels.ts";

/** A run that has not begun. */
export interface Plan {
  readonly model: Model;
  readonly training: ResolvedTraining;
}

/**
 * A recipe's model for some data, and how to train it, with nothing left open.
 * @throws OptionError when options do not fit the model, the data or each other: a plan that is made can be begun.
 */
export function planRun({ definition, options }: ConfiguredModel, data: DataSplit, training: TrainOptions): Plan {
  const model = definition.build(options, infoOf(data));
  const resolved = resolveTraining(definition, model, training, data.train.size);
  courseOf(model, resolved.steps);
  return { model, training: resolved };
}

export function infoOf(data: DataSplit): DataInfo {
  const { kind, shape } = data.train;
  const classes = classesOf(data);
  return { kind, shape, ...(classes !== undefined && { classes }) };
}
