import { changeFor, fallingRate } from "./changes.ts";
import { meanOf } from "./series.ts";
import type { Evidence, SampleLook, Symptom } from "./symptom.ts";
import { list, share } from "./words.ts";

/** Mean share of samples that are at another place a look later, from which samples do not come to rest. */
const restless = 0.4;
/** Moves over which the mean is taken, the newest ones; and those that must be no smaller than all before. */
const [judged, newest] = [4, 2];
/** Of the mean before, what the newest moves are at least where they do not become smaller. */
const asLarge = 0.75;
/** Steps from one look to the next, at least, as a share of those done. */
const apart = 1 / 15;
/** Steps before which samples move because they still learn. */
const young = 1000;

const name = "no-convergence";

export const noConvergence: Symptom = {
  name,
  summary: "samples keep changing place",
  needs: `an adversarial model, ${young} steps, five snapshots of samples, and data with declared modes or enough items to cluster`,
  // A falling learning rate brings many to rest.
  warmUp: 0.75,
  look: (evidence) => {
    const { config, step } = evidence;
    if (step < young) return null;
    const looks = spacedLooks(evidence);
    if (looks.length <= judged || looks.at(-1)!.nearest.length === 0) return null;
    const moves = looks.slice(1).map(({ nearest }, i) => movedShare(looks[i]!.nearest, nearest));
    const latest = moves.slice(-judged);
    const [moved, late, before] = [latest, moves.slice(-newest), moves.slice(0, -newest)].map(meanOf) as [
      number,
      number,
      number,
    ];
    const sign = {
      evidence: `between snapshots, ${list(latest.map(share))} of samples changed place: ${share(moved)} on average (unrest: at least ${share(restless)}), ${share(late)} over the last ${newest} (unrest: as much, and at least ${asLarge} of the earlier ${share(before)})`,
      values: { moved, late, before },
    };
    if (Math.min(moved, late) < restless || late < asLarge * before) return { present: false, ...sign };
    return { present: true, ...sign, change: changeFor(name, evidence, [fallingRate(config)]) };
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
