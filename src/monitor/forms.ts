import { describeOptions } from "../base/options.ts";
import { datasets } from "../data/index.ts";
import { models } from "../models/index.ts";
import { dataOptions, trainOptions } from "../run/index.ts";
import type { Field, Forms } from "./api.ts";

/** What can be trained, from the schemas that the command line reads too. */
export function forms(readOnly: boolean): Forms {
  return {
    recipes: models.map(({ name, summary, options }) => ({ name, summary, options: fieldsOf(options) })),
    training: fieldsOf(trainOptions),
    data: fieldsOf(dataOptions.omit({ spec: true })),
    datasets: datasets.map(({ name }) => name),
    readOnly,
  };
}

function fieldsOf(schema: Parameters<typeof describeOptions>[0]): Field[] {
  return describeOptions(schema).map(({ initial, ...field }) => ({ ...field, initial: initial ?? null }));
}
