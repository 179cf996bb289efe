import { addedNoise, evenRates, firstChange } from "./changes.ts";
import { collapsed } from "./complete-collapse.ts";
import type { Evidence, SampleLook, Symptom } from "./symptom.ts";
import { list, share } from "./words.ts";

/** A place is missed when its share of samples is below this part of its share of real items. */
const missedBelow = 0.1;
/** Share of samples near real items from which a model is good enough for what it misses to be collapse. */
const leastNear = 0.5;
/** Share of real items at missed clusters, from which they matter; a declared mode always does. */
const leastMissed = 0.1;

export const partialCollapse: Symptom = {
  name: "partial-collapse",
  summary: "some kinds of items are never made",
  needs: "samples, and data that declare modes or enough items to cluster",
  warmUp: 0.5,
  look: (evidence) => {
    const { places, looks, now, config } = evidence;
    const judged = now === null ? looks.slice(-2) : now.samples === null ? [] : [now.samples];
    if (places === null || judged.length < (now === null ? 2 : 1)) return null;
    const last = judged.at(-1)!;
    // What is missed at each of the looks: a mode that comes and goes is not missed.
    const missed = judged
      .map((look) => missedIn(look, evidence))
      .reduce((a, b) => a.filter((place) => b.includes(place)));
    const held = missed.reduce((sum, place) => sum + places.shares[place]!, 0);
    const near = last.near.reduce((sum, each) => sum + each, 0);
    const count = places.shares.length;
    const sign = {
      evidence: `${count - missed.length} of ${count} ${places.declared ? "modes" : "clusters of real items"} are made${missedWords(missed, held, evidence)}; ${share(near)} of samples are near real items`,
      values: { places: count, missed: missed.length, held, near },
    };
    const bad = missed.length > 0 && (places.declared || held >= leastMissed) && near >= leastNear;
    if (!bad || judged.every(collapsed)) return { present: false, ...sign };
    return {
      present: true,
      ...sign,
      change: firstChange(config, evenRates(config), addedNoise(config, evidence.spread)),
    };
  },
};

function missedIn({ near }: SampleLook, { places }: Evidence): number[] {
  const total = near.reduce((sum, each) => sum + each, 0);
  return [...places!.shares.keys()].filter((place) => near[place]! < missedBelow * places!.shares[place]! * total);
}

function missedWords(missed: readonly number[], held: number, { places }: Evidence): string {
  if (missed.length === 0) return "";
  return `; missed, with less than ${share(missedBelow)} of their due: ${list(missed.map((place) => places!.names[place]!))}, which hold ${share(held)} of real items`;
}
