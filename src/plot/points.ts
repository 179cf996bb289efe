/** A non-finite value is a gap in the line. */
export type Point = readonly [step: number, value: number];

/**
 * At most `limit` points that draw the same picture: the minimum and maximum of each stretch, and a gap if it contains
 * one; the first and the last point always.
 */
export function thinPoints(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points;
  const gaps = points.some(([, value]) => !Number.isFinite(value));
  const stretches = Math.floor((limit - 2) / (gaps ? 3 : 2));
  const kept = new Set([0]);
  for (let i = 0; i < stretches; i++) {
    const start = 1 + Math.floor(((points.length - 2) * i) / stretches);
    const stop = 1 + Math.floor(((points.length - 2) * (i + 1)) / stretches);
    for (const index of extremesOf(points, start, stop)) kept.add(index);
  }
  kept.add(points.length - 1);
  return [...kept].map((index) => points[index]!);
}

/** Positions of the minimum, the maximum and the first non-finite value of a stretch, in order. */
function extremesOf(points: readonly Point[], start: number, stop: number): number[] {
  let [least, greatest, gap] = [-1, -1, -1];
  for (let i = start; i < stop; i++) {
    const value = points[i]![1];
    if (!Number.isFinite(value)) {
      if (gap < 0) gap = i;
      continue;
    }
    if (least < 0 || value < points[least]![1]) least = i;
    if (greatest < 0 || value > points[greatest]![1]) greatest = i;
  }
  return [least, greatest, gap].filter((index) => index >= 0).toSorted((a, b) => a - b);
}

/** Moving averages over `window` points, fewer at the ends, at up to 500 positions; a value that is not finite stays a gap. */
export function smoothPoints(points: readonly Point[], window: number): Point[] {
  const count = Math.min(points.length, 500);
  const reach = (window - 1) / 2;
  return Array.from({ length: count }, (_, i) => {
    const centre = Math.round((i * (points.length - 1)) / (count - 1));
    const [step, value] = points[centre]!;
    if (!Number.isFinite(value)) return [step, value];
    const near = finiteOf(points.slice(Math.max(0, centre - reach), centre + reach + 1));
    return [step, near.reduce((mean, [, each]) => mean + each / near.length, 0)];
  });
}

/** At most `count` evenly spaced items, including the first and the last. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}

export function finiteOf(points: readonly Point[]): Point[] {
  return points.filter(([, value]) => Number.isFinite(value));
}
