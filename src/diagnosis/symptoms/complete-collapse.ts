import { maxOf } from "../../base/many.ts";
import { changeFor } from "../changes.ts";
import { currentSnapshots, nearShare } from "../current-snapshots.ts";
import type { Diversity, SampleSnapshot, Symptom } from "../symptom.ts";
import { share } from "../words.ts";

/**
 * Diversity (distance of two samples over that of two real items) below which samples are alike. If a model translates
 * every image to the same picture, a faint trace of each input remains: 0.09 to 0.26 where nothing else is visible, 0.4
 * to 1.2 where outputs differ.
 */
const minDiversity = { fromNoise: 0.1, fromImages: 0.3 };
/** Share of the samples near real items that must be at one place. */
const samePlaceThreshold = 0.99;
/** Minimum share of samples near real items for their places to be considered. */
const enoughNear = 0.5;

const name = "complete-collapse";

export const completeCollapse: Symptom = {
  name,
  summary: "all samples are nearly the same",
  needs: "an adversarial model and two snapshots of samples",
  warmUp: 0.2,
  check: (evidence) => {
    const snapshots = currentSnapshots(evidence);
    if (snapshots === null) return null;
    const last = snapshots.at(-1)!;
    const { way, value } = leastDiverse(last);
    const [samples, items] = way === null ? ["samples", "items"] : [`${way} translations`, "target images"];
    const distance = `the mean distance between ${samples} is ${share(value, minDiversityOf(way))} of that between real ${items} (collapse: below ${share(minDiversityOf(way))})`;
    const largest = largestPlace(last);
    const where =
      largest === null
        ? ""
        : `; ${share(largest.share, samePlaceThreshold)} of those near real items are at ${evidence.places!.names[largest.place]} (collapse: at least ${share(samePlaceThreshold)})`;
    const values = { diversity: value, ...(largest && { largestPlace: largest.share }) };
    const sign = { evidence: distance + where, values };
    return snapshots.every(collapsed)
      ? { present: true, ...sign, change: (setup) => changeFor(name, setup) }
      : { present: false, ...sign };
  },
};

/**
 * Whether all samples of a snapshot are nearly the same, in at least one direction, or all at the same one of several places.
 */
export function collapsed(snapshot: SampleSnapshot): boolean {
  return (
    snapshot.diversity.some(({ way, value }) => value < minDiversityOf(way)) ||
    (largestPlace(snapshot)?.share ?? 0) >= samePlaceThreshold
  );
}

function minDiversityOf(way: Diversity["way"]): number {
  return way === null ? minDiversity.fromNoise : minDiversity.fromImages;
}

function leastDiverse({ diversity }: SampleSnapshot): Diversity {
  return diversity.reduce((least, each) => (each.value < least.value ? each : least));
}

/** The place with the most samples, and its share of the samples near real items; null if these are too few. */
function largestPlace(snapshot: SampleSnapshot): { readonly place: number; readonly share: number } | null {
  const near = nearShare(snapshot);
  if (!(near >= enoughNear)) return null;
  const most = maxOf(snapshot.near);
  return { place: snapshot.near.indexOf(most), share: most / near };
}
