import { changeFor, fallingRate } from "../changes.ts";
import { meanOf, totalVariation } from "../series.ts";
import type { Evidence, SampleSnapshot, Symptom } from "../symptom.ts";
import { list, share } from "../words.ts";

/** Samples count as not converging if at least this mean fraction of them changes place between snapshots. */
const unrestThreshold = 0.4;
/** Number of latest changes that are averaged, and number of the last ones among them that must not have decreased. */
const [averagedChanges, latestChanges] = [4, 2];
/** Smallest ratio of the latest changes to the earlier ones that counts as no decrease. */
const minRatio = 0.75;
/** Minimum distance between snapshots, as a fraction of the steps done. */
const minSpacing = 1 / 15;
/** Steps before which samples change because the model is still learning. */
const minSteps = 1000;

const name = "no-convergence";

export const noConvergence: Symptom = {
  name,
  summary: "samples keep moving between modes or clusters",
  needs: `an adversarial model, ${minSteps} steps, five snapshots of samples, and data with declared modes or enough items to cluster`,
  // A falling learning rate makes many runs converge.
  warmUp: 0.75,
  check: (evidence) => {
    const { step } = evidence;
    if (step < minSteps) return null;
    const snapshots = spacedSnapshots(evidence);
    if (snapshots.length <= averagedChanges || snapshots.at(-1)!.nearest.length === 0) return null;
    const moves = snapshots.slice(1).map(({ nearest }, i) => totalVariation(snapshots[i]!.nearest, nearest));
    const latest = moves.slice(-averagedChanges);
    const [moved, late, before] = [latest, moves.slice(-latestChanges), moves.slice(0, -latestChanges)].map(meanOf) as [
      number,
      number,
      number,
    ];
    const sign = {
      evidence: `between snapshots, ${list(latest.map((each) => share(each)))} of samples changed mode or cluster: ${share(moved, unrestThreshold)} on average (no convergence: at least ${share(unrestThreshold)}), ${share(late, unrestThreshold, minRatio * before)} over the last ${latestChanges} (no convergence: as much, and at least ${minRatio} of the earlier ${share(before, late)})`,
      values: { moved, late, before },
    };
    if (Math.min(moved, late) < unrestThreshold || late < minRatio * before) return { present: false, ...sign };
    return { present: true, ...sign, change: (setup) => changeFor(name, setup, [fallingRate(setup.config)]) };
  },
};

/** Snapshots that are far enough apart for changes between them to be meaningful, including the latest. */
function spacedSnapshots({ snapshots, step }: Evidence): readonly SampleSnapshot[] {
  const kept: SampleSnapshot[] = [];
  for (const snapshot of snapshots.toReversed()) {
    if (kept.length === 0 || kept[0]!.step - snapshot.step >= minSpacing * step) kept.unshift(snapshot);
  }
  return kept;
}
