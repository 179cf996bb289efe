import { describeOptions } from "../base/options.ts";
import { datasets } from "../data/index.ts";
import { models } from "../models/index.ts";
import { devices, defaultData } from "../node/index.ts";
import { dataOptions, trainOptions } from "../run/index.ts";
import type { Field, Forms } from "./api.ts";

/** The forms of all recipes, from the same schemas as the command line. */
export function forms(root: string, noStart: string | null, readOnly: string | null): Forms {
  return {
    recipes: models.map((definition) => ({
      name: definition.name,
      summary: definition.summary,
      options: fieldsOf(definition.options),
      domains: definition.learnsFrom === "domains",
      usual: defaultData(definition).spec,
    })),
    training: fieldsOf(trainOptions),
    data: fieldsOf(dataOptions.omit({ spec: true, second: true })),
    datasets: datasets.map(({ name }) => name),
    devices,
    root,
    noStart,
    readOnly,
  };
}

function fieldsOf(schema: Parameters<typeof describeOptions>[0]): Field[] {
  return describeOptions(schema).map(({ initial, ...field }) => ({ ...field, initial: initial ?? null }));
}
