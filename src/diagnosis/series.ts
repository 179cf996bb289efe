import type { NamePattern } from "../base/name-pattern.ts";
import type { Evidence, Series } from "./symptom.ts";

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

/** Total variation distance of two histograms: the share that would have to move to make them equal. */
export function totalVariation(from: ArrayLike<number>, to: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < from.length; i++) sum += Math.abs(from[i]! - to[i]!) / 2;
  return sum;
}

/** Splits a series into its newest quarter and everything before it. */
export function latestQuarter({ steps, values }: Series): {
  readonly before: readonly number[];
  readonly latest: readonly number[];
  /** The first step of the newest quarter. */
  readonly from: number;
} {
  const cut = values.length - Math.floor(values.length / 4);
  return { before: values.slice(0, cut), latest: values.slice(cut), from: steps[cut] ?? Infinity };
}

/** The values from a step on. */
export function valuesFrom({ steps, values }: Series, step: number): readonly number[] {
  return values.filter((_, i) => steps[i]! >= step);
}

/** The series whose names match a pattern, each with the parts of its name. */
export function seriesOf<Place extends string>(
  { series }: Pick<Evidence, "series">,
  form: NamePattern<Place>,
): { readonly parts: Readonly<Record<Place, string>>; readonly series: Series }[] {
  return [...series].flatMap(([name, each]) => {
    const parts = form.parse(name);
    return parts === null ? [] : [{ parts, series: each }];
  });
}
