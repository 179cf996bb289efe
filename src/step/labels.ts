import { DataError } from "../base/errors.ts";
import { type DataSplit, type Dataset, className, countClasses, dataWith } from "../data/index.ts";
import type { Declared } from "./feeds.ts";

/** Number of classes of the labels of both splits; undefined if a split has no labels. */
export function classesOf({ train, test }: DataSplit): number | undefined {
  if (train.labels === null || test.labels === null) return undefined;
  return Math.max(countClasses(train), countClasses(test));
}

/** Labels of some items. @throws DataError when the data have no labels. */
export function labelsAt({ name, labels }: Dataset, indices: ArrayLike<number>): Int32Array {
  if (labels === null) throw noLabels(name);
  return Int32Array.from(indices, (index) => labels[index]!);
}

function noLabels(name: string): DataError {
  return new DataError(
    `the items must have labels, but those of ${name} have none`,
    `known data with labels: ${dataWith("labels")}; in a folder of images the subfolders are the classes; for an IDX file, labels are read from the label file next to it`,
  );
}

/** @throws DataError when a step needs labels that the data do not have, or the data have more classes. */
export function requireLabels(declared: ReadonlyMap<string, Declared>, data: Dataset): void {
  const { name, labels } = data;
  for (const want of declared.values()) {
    if (want.kind !== "labels") continue;
    if (labels === null) throw noLabels(name);
    const other = labels.find((label) => label < 0 || label >= want.classes);
    if (other === undefined) continue;
    throw new DataError(
      `labels must be integers from 0 to ${want.classes - 1}, the classes of the model - got ${className(data, other)} in ${name}`,
      "train a model with the classes of the data",
    );
  }
}
