import { meanOf } from "./series.ts";
import type { Evidence, SampleLook } from "./symptom.ts";

/**
 * The looks by which samples are judged: what was measured now, else the newest look and the one before it, as what is gone
 * by the next look is no collapse. Null where there is neither.
 */
export function judgedLooks({ looks, now }: Evidence): readonly SampleLook[] | null {
  if (now !== null) return now.samples === null ? null : [now.samples];
  return looks.length < 2 ? null : looks.slice(-2);
}

/** Share of samples near the items of any place. */
export function nearShare({ near }: SampleLook): number {
  return near.length === 0 ? Number.NaN : near.length * meanOf(near);
}
