import { niceStep, niceTicks } from "./numerals.ts";

/** A range of numbers with its ticks. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** An axis that ends on ticks, with some margin around a single value. */
export function valueAxis(least: number, greatest: number): Axis {
  const limit = 1e250;
  let [from, to] = [least, greatest].map((end) => Math.min(limit, Math.max(-limit, end))) as [number, number];
  const size = Math.max(Math.abs(from), Math.abs(to));
  if (size < 1 / limit) [from, to] = [-1, 1];
  else if (to - from <= 1e-9 * size) [from, to] = [from - size / 10, to + size / 10];
  const step = niceStep(from, to, 4);
  const ends = [Math.floor(from / step + 1e-9) * step, Math.ceil(to / step - 1e-9) * step] as const;
  return {
    from: ends[0],
    to: ends[1],
    ticks: niceTicks(...ends, Math.round((ends[1] - ends[0]) / step)),
  };
}

/** Position of a number on an axis, 0 to 1; values far outside are moved close to it. */
export function along({ from, to }: Omit<Axis, "ticks">, value: number): number {
  return Math.min(2, Math.max(-1, (value - from) / (to - from)));
}

/** A base-10 logarithmic axis that ends on powers of ten, for positive numbers; its ticks are logarithms too. */
export function logAxis(least: number, greatest: number): Axis {
  const from = Math.floor(Math.log10(least) + 1e-9);
  const to = Math.max(from + 1, Math.ceil(Math.log10(greatest) - 1e-9));
  const every = Math.ceil((to - from) / 8);
  const powers = Array.from({ length: to - from + 1 }, (_, i) => from + i).filter(
    (power) => (power - from) % every === 0,
  );
  const between =
    to - from > 2 ? [] : powers.slice(0, -1).flatMap((power) => [power + Math.log10(2), power + Math.log10(5)]);
  return { from, to, ticks: [...powers, ...between].toSorted((a, b) => a - b) };
}
