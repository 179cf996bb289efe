import { choiceListField } from "../base/options.ts";
import { type ItemTransform, type TransformSet, transformSets, transformsFor } from "../transforms/index.ts";
import type { DataInfo } from "./model.ts";

type Name = (typeof transformSets)[number]["name"];

const names = transformSets.map(({ name }) => name) as [Name, ...Name[]];
const usual = ["rotation"];

/** Option that names sets of transformations. */
export function transformsField(doc: string) {
  return choiceListField(`${doc}: one or more of ${names.join(", ")} (default: ${usual.join()})`, names).optional();
}

/**
 * All transformations of the chosen sets for this kind of item, the identity first.
 * @throws OptionError when the items cannot be transformed in this way.
 */
export function chosenTransforms(data: DataInfo, chosen: readonly string[] = usual): ItemTransform[] {
  return transformsFor(chosen.map(setOf), data);
}

/** The same, grouped by set. */
export function chosenSets(data: DataInfo, chosen: readonly string[] = usual): ItemTransform[][] {
  return chosen.map((name) => transformsFor([setOf(name)], data));
}

function setOf(name: string): TransformSet {
  return transformSets.find((set) => set.name === name)!;
}
