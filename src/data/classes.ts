import { filled } from "../base/filled.ts";
import type { Dataset } from "./dataset.ts";

/** A label as given by the data. */
export type Label = number | bigint | string;

/** Classes are the distinct labels: the class of each item, and the names of the classes. */
export interface Classes {
  /** Indices into `names`. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** Numbers in ascending order, then words in the order of their code units. */
  readonly names: readonly string[];
}

/** The classes of labels of any size, such as 7 and 123456789. Equal labels are one class, whatever their type. */
export function classesFrom(given: Iterable<Label>): Classes {
  const places = new Map<Label, number>();
  const seen = Array.from(given, (label) => {
    const own = typeof label === "bigint" && BigInt(Number(label)) === label ? Number(label) : label;
    const known = places.get(own) ?? places.size;
    if (known === places.size) places.set(own, known);
    return known;
  });
  const sorted = [...places].toSorted(([a], [b]) => compareLabels(a, b));
  const rank = new Int32Array(sorted.length);
  sorted.forEach(([, place], at) => (rank[place] = at));
  return {
    labels: filled(new Int32Array(seen.length), (i) => rank[seen[i]!]!),
    names: sorted.map(([label]) => nameOf(label)),
  };
}

function compareLabels(a: Label, b: Label): number {
  if (typeof a === "string" || typeof b === "string") {
    if (typeof a !== typeof b) return typeof a === "string" ? 1 : -1;
    return a < b ? -1 : 1;
  }
  return a < b ? -1 : 1;
}

function nameOf(label: Label): string {
  if (Object.is(label, -0)) return "0";
  // With all digits: String rounds large numbers.
  const exact = typeof label === "number" && !Number.isSafeInteger(label) && Math.abs(label) <= 2 ** 64;
  return exact ? String(BigInt(label)) : String(label);
}

/** Number of classes: the number of names or, if numbers are the names, the largest plus one. */
export function countClasses({ classNames, labels }: Pick<Dataset, "classNames" | "labels">): number {
  return classNames?.length ?? 1 + (labels ?? new Int32Array(0)).reduce((most, label) => Math.max(most, label), 0);
}

/** Name of a class in the data. */
export function className({ classNames }: Pick<Dataset, "classNames">, label: number): string {
  return classNames?.[label] ?? String(label);
}
