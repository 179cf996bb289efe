import { changeFor } from "../changes.ts";
import { collapsed } from "./complete-collapse.ts";
import { currentSnapshots, nearShare } from "../current-snapshots.ts";
import type { Places } from "../places.ts";
import type { SampleSnapshot, Symptom } from "../symptom.ts";
import { list, share } from "../words.ts";

/** Of its due, by its share of real items, the part of the samples below which a place is missed. */
const missedBelow = 0.1;
/** Share of samples near real items, from which a model is good enough for what it misses to be collapse. */
const enoughNear = 0.5;
/** Share of real items in missed clusters, from which they matter. A mode that the data declare always does. */
const minMissedShare = 0.1;

const name = "partial-collapse";

export const partialCollapse: Symptom = {
  name,
  summary: "some modes of the data are missing from the samples",
  needs: "an adversarial model, two snapshots of samples, and data with declared modes or enough items to cluster",
  warmUp: 0.5,
  check: (evidence) => {
    const { places } = evidence;
    const snapshots = currentSnapshots(evidence);
    if (places === null || snapshots === null) return null;
    const near = nearShare(snapshots.at(-1)!);
    // Missing at every snapshot: a mode that comes and goes is not missing.
    const missed = [...places.shares.keys()].filter((place) =>
      snapshots.every((snapshot) => isMissed(place, snapshot, places)),
    );
    const held = missed.reduce((sum, place) => sum + places.shares[place]!, 0);
    const sign = {
      evidence: `${share(near, enoughNear)} of samples are near real items (required: ${share(enoughNear)}); ${missedWords(missed, held, places)}`,
      values: { near, places: places.shares.length, missed: missed.length, held },
    };
    const matters = missed.length > 0 && (places.declared || held >= minMissedShare) && near >= enoughNear;
    if (!matters || snapshots.every(collapsed)) return { present: false, ...sign };
    return { present: true, ...sign, change: changeFor(name, evidence) };
  },
};

function isMissed(place: number, snapshot: SampleSnapshot, { shares }: Places): boolean {
  return snapshot.near[place]! < missedBelow * shares[place]! * nearShare(snapshot);
}

function missedWords(missed: readonly number[], held: number, { names, declared, shares }: Places): string {
  const kinds = `${shares.length} ${declared ? "modes" : "clusters of real items"}`;
  if (missed.length === 0) return `each of ${kinds} has at least ${share(missedBelow)} of its expected share`;
  const which = list(missed.map((place) => names[place]!));
  const matter = declared ? "" : ` (required: ${share(minMissedShare)})`;
  const [have, their] = missed.length === 1 ? ["has", "its"] : ["have", "their"];
  return `${missed.length} of ${kinds} ${have} less than ${share(missedBelow)} of ${their} expected share: ${which}, with ${share(held, minMissedShare)} of real items${matter}`;
}
