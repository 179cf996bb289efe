import { meanOf } from "./series.ts";
import type { Evidence, SampleSnapshot } from "./symptom.ts";

/**
 * The snapshots on which checks of samples are based: the current measurement or, without one, the two newest
 * snapshots, because a collapse that is gone by the next snapshot does not count. Null if there are none.
 */
export function currentSnapshots({ snapshots, now }: Evidence): readonly SampleSnapshot[] | null {
  if (now !== null) return now.samples === null ? null : [now.samples];
  return snapshots.length < 2 ? null : snapshots.slice(-2);
}

/** Share of samples near the items of any place. */
export function nearShare({ near }: SampleSnapshot): number {
  return near.length === 0 ? Number.NaN : near.length * meanOf(near);
}
