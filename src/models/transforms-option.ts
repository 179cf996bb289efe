import { choiceListField } from "../base/options.ts";
import { type ItemTransform, transformSets, transformsFor } from "../transforms/index.ts";
import type { DataInfo } from "./model.ts";

const names = transformSets.map(({ name }) => name) as [string, ...string[]];
const usual = ["rotation"];

/** The option that names sets of transformations. */
export function transformsField(doc: string) {
  return choiceListField(`${doc}: some of ${names.join(", ")}; ${usual.join()} where not given`, names).optional();
}

/** What the option names, for one kind of items. @throws OptionError when they cannot be transformed so. */
export function chosenTransforms(data: DataInfo, chosen: readonly string[] = usual): ItemTransform[] {
  return transformsFor(
    chosen.map((name) => transformSets.find((set) => set.name === name)!),
    data,
  );
}
