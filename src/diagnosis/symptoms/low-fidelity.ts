import { maxOf } from "../../base/many.ts";
import { changeFor, fallingRate, moreSteps } from "../changes.ts";
import { collapsed } from "./complete-collapse.ts";
import { currentSnapshots } from "../current-snapshots.ts";
import type { Symptom } from "../symptom.ts";
import { share } from "../words.ts";

/** Share of realistic samples, relative to that of real items, below which most samples are unrealistic. */
const maxRelativeFidelity = 0.5;

const name = "low-fidelity";

export const lowFidelity: Symptom = {
  name,
  summary: "most samples do not look like real items",
  needs: "an adversarial model, two snapshots of samples, and data with declared modes or enough items to cluster",
  // A falling learning rate improves samples in the last steps.
  warmUp: null,
  check: (evidence) => {
    const { places } = evidence;
    const snapshots = currentSnapshots(evidence);
    const shares = snapshots?.flatMap(({ fidelity }) => fidelity ?? []) ?? [];
    // If most real items do not pass either, the check is not informative.
    if (
      places === null ||
      shares.length === 0 ||
      shares.length < snapshots!.length ||
      places.fidelity < maxRelativeFidelity
    )
      return null;
    const best = maxOf(shares);
    const where = places.declared
      ? "near a mode"
      : `in the range of real items, by distance from clusters${places.sharpness === null ? "" : " and sharpness"}`;
    const sign = {
      evidence: `${share(best, maxRelativeFidelity * places.fidelity)} of samples are ${where}, and ${share(places.fidelity)} of real items (low: below ${share(maxRelativeFidelity * places.fidelity, best)})`,
      values: { fidelity: best, ofReal: places.fidelity },
    };
    // Samples that are all alike are reported as complete collapse.
    if (best >= maxRelativeFidelity * places.fidelity || snapshots!.every(collapsed))
      return { present: false, ...sign };
    return {
      present: true,
      ...sign,
      change: (setup) => changeFor(name, setup, [fallingRate(setup.config), moreSteps(setup.config)]),
    };
  },
};
