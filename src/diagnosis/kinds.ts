import { type NdArray, chosenRows, joinRows } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import { type Dataset, className } from "../data/index.ts";
import { nearestRows } from "../numeric/nearest.ts";
import { clusterCentres } from "./clusters.ts";

/**
 * Kinds of real items: the modes that the data declare, or the classes of their labels. The class of a sample is that
 * of the nearest of several centres per class.
 */
export interface Kinds {
  readonly what: "modes" | "classes";
  /** Name of each kind: `mode 3`, `class 7`. */
  readonly names: readonly string[];
  /** Share of real items of each kind, [k], with sum 1. */
  readonly shares: Float64Array;
  /** How the kind of a sample is determined. */
  readonly rule: KindRule;
}

interface KindRule {
  /** [m, d], m at least k. */
  readonly centres: NdArray;
  /** The kind of each centre, [m]. */
  readonly kindOf: Int32Array;
  /** Share of real items of kind i that are classified as kind j, [k][k]; null if the rule defines the kinds. */
  readonly confusion: readonly Float64Array[] | null;
}

/**
 * Centres per class: handwritten digits are classified correctly in 89 % of cases with 8 per class, in 82 % with one.
 */
const [mostPerClass, mostCentres] = [8, 100];
/** Minimum number of items of a class, to recognise it and to measure its confusion with other classes. */
const minPerClass = 50;
/** Share of the items of a class that define its centres; the others test them. */
const learnedShare = 0.6;
/** Minimum accuracy for the classification to be used. */
const minAccuracy = 0.5;

/** The classes of labelled items [n, d]; null if there are fewer than two, or nearest centres do not separate them. */
export function classesOf(data: Dataset, items: NdArray, chosen: Int32Array, key: Key): Kinds | null {
  const { labels } = data;
  if (labels === null) return null;
  const members = new Map<number, number[]>();
  for (const [i, at] of chosen.entries()) members.set(labels[at]!, [...(members.get(labels[at]!) ?? []), i]);
  const known = [...members].filter(([, own]) => own.length >= minPerClass).toSorted(([a], [b]) => a - b);
  if (known.length < 2) return null;
  const most = Math.max(1, Math.min(mostPerClass, Math.floor(mostCentres / known.length)));
  const split = known.map(([, own]) => Math.ceil(learnedShare * own.length));
  const parts = known.map(([label, own], k) => {
    const learned = chosenRows(items, own.slice(0, split[k]));
    return clusterCentres(learned, Math.min(most, Math.floor(split[k]! / 5)), fold(key, `class ${label}`));
  });
  const centres = joinRows(parts);
  const kindOf = Int32Array.from(parts.flatMap((part, k) => Array.from({ length: part.shape[0]! }, () => k)));
  const confusion = known.map(([, own], k) =>
    sharesIn(nearestKinds(chosenRows(items, own.slice(split[k])), centres, kindOf), known.length),
  );
  const total = known.reduce((sum, [, own]) => sum + own.length, 0);
  const shares = Float64Array.from(known, ([, own]) => own.length / total);
  const accuracy = confusion.reduce((sum, row, k) => sum + shares[k]! * row[k]!, 0);
  if (accuracy < minAccuracy) return null;
  const names = known.map(([label]) => `class ${className(data, label)}`);
  return { what: "classes", names, shares, rule: { centres, kindOf, confusion } };
}

/**
 * Share of each kind among samples [n, d], of which only some are counted, [k]. The confusion with other kinds is
 * subtracted; otherwise misclassified samples of the others would hide a missing kind.
 */
export function kindShares(
  samples: NdArray,
  counted: readonly boolean[],
  { rule: { centres, kindOf, confusion }, shares }: Kinds,
): number[] {
  const kinds = nearestKinds(samples, centres, kindOf);
  const found = Array.from(shares, () => 0);
  for (const [i, kind] of kinds.entries()) if (counted[i]!) found[kind]! += 1 / kinds.length;
  if (confusion === null) return found;
  return found.map((share, k) => {
    const mistaken = found.reduce((sum, other, from) => sum + (from === k ? 0 : other * confusion[from]![k]!), 0);
    return Math.max(0, share - mistaken);
  });
}

/** The kind of each row. */
function nearestKinds(items: NdArray, centres: NdArray, kindOf: Int32Array): Int32Array {
  return nearestRows(items, centres).row.map((centre) => kindOf[centre]!);
}

function sharesIn(kinds: Int32Array, count: number): Float64Array {
  const out = new Float64Array(count);
  for (const kind of kinds) out[kind]! += 1 / kinds.length;
  return out;
}
