import type { Text } from "../../labs/lab.ts";
import type { Numerals } from "../words.ts";

/** How a view writes its twins in words. */
export interface Writer {
  readonly numerals: Numerals;
  say(text: Text): string;
}

/** A picture as a table. */
export interface Twin {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Before the largest of some values. */
export const largest: Text = { en: "largest", fa: "بیشینه" };

/** Rows of a table at most: of more, evenly chosen ones. */
const maxRows = 40;

/** Indices of at most so many rows. */
export function chosenRows(count: number): number[] {
  if (count <= maxRows) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: maxRows }, (_, i) => Math.round((i * (count - 1)) / (maxRows - 1)));
}

/** Finite ends of some values; 0 and 1 where there are none. */
export function endsOf(values: Iterable<number>): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

/** About so many round numbers between two ends. */
export function ticksBetween(low: number, high: number, about: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const raw = span / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((each) => each >= raw)!;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * span; k++) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}
