import { filled } from "../base/filled.ts";
import type { Dataset } from "./dataset.ts";

/** A label as data give it. */
export type Label = number | bigint | string;

/** Classes are the distinct labels: of each item which of them it has, and what they are called. */
export interface Classes {
  /** Places in `names`. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** Numbers in ascending order, then words in the order of their code units. */
  readonly names: readonly string[];
}

/** The classes of labels of any size, such as 7 and 123456789. Equal labels are of one class, whatever their type. */
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
  return Object.is(label, -0) ? "0" : String(label);
}

/** How many classes there are: the number of names, or, where numbers are the names, one more than the largest. */
export function countClasses({ classNames, labels }: Pick<Dataset, "classNames" | "labels">): number {
  return classNames?.length ?? 1 + (labels ?? new Int32Array(0)).reduce((most, label) => Math.max(most, label), 0);
}

/** What a class is called where the data come from. */
export function className({ classNames }: Pick<Dataset, "classNames">, label: number): string {
  return classNames?.[label] ?? String(label);
}
