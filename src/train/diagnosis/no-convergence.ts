import { evenRates, fallingRate, firstChange } from "./changes.ts";
import { meanOf } from "./series.ts";
import type { Evidence, SampleLook, Symptom } from "./symptom.ts";
import { list, share } from "./words.ts";

/** Mean share of samples that are at another place a look later, from which samples do not come to rest. */
const restless = 0.4;
/** Moves that are judged, the newest ones. */
const moves = 4;
/** Steps from one look to the next, at least, as a share of those done. */
const apart = 1 / 15;

export const noConvergence: Symptom = {
  name: "no-convergence",
  summary: "samples keep moving from one place to another",
  needs: "five looks at samples, and data that declare modes or enough items to cluster",
  warmUp: 0.5,
  look: (evidence) => {
    const { config } = evidence;
    const looks = spacedLooks(evidence);
    if (looks.length <= moves || looks.at(-1)!.nearest.length === 0) return null;
    const moved = looks.slice(1).map(({ nearest }, i) => movedShare(looks[i]!.nearest, nearest));
    const [latest, earlier] = [moved.slice(-moves), moved.slice(0, -moves)];
    const mean = meanOf(latest);
    const before = earlier.length === 0 ? "" : `; before these, ${share(meanOf(earlier))}`;
    const sign = {
      evidence: `from look to look, ${list(latest.map(share))} of samples went to other places, ${share(mean)} on average (at rest: below ${share(restless)})${before}`,
      values: { moved: mean, ...(earlier.length > 0 && { movedBefore: meanOf(earlier) }) },
    };
    if (mean < restless) return { present: false, ...sign };
    return { present: true, ...sign, change: firstChange(config, fallingRate(config), evenRates(config)) };
  },
};

/** Looks so far apart that a move from one to the next means something, the newest among them. */
function spacedLooks({ looks, step }: Evidence): readonly SampleLook[] {
  const kept: SampleLook[] = [];
  for (const look of looks.toReversed()) {
    if (kept.length === 0 || kept[0]!.step - look.step >= apart * step) kept.unshift(look);
  }
  return kept;
}

/** The share of samples that would have to move to make one histogram the other: their total variation distance. */
function movedShare(from: readonly number[], to: readonly number[]): number {
  return from.reduce((sum, share, place) => sum + Math.abs(share - to[place]!) / 2, 0);
}
