// For any number of values: `Math.max(...values)` and `push(...values)` fail from about a hundred thousand on.

/** The largest number; -Infinity if there are none, NaN if any is NaN. */
export function maxOf(values: Iterable<number>): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/** The smallest number; Infinity if there are none, NaN if any is NaN. */
export function minOf(values: Iterable<number>): number {
  let least = Infinity;
  for (const value of values) least = Math.min(least, value);
  return least;
}

/** Appends items to a list. */
export function append<T>(list: T[], items: Iterable<T>): void {
  for (const item of items) list.push(item);
}
