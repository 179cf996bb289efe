import { maxOf } from "../base/many.ts";
import { changeFor } from "./changes.ts";
import { judgedLooks, nearShare } from "./judged-looks.ts";
import type { Diversity, SampleLook, Symptom } from "./symptom.ts";
import { share } from "./words.ts";

/**
 * Distance of two samples beside that of two real items, below which they are alike. One picture that is made of every image keeps
 * a trace of each: 0.09 to 0.26 where nothing else is to be seen, 0.4 to 1.2 where they differ.
 */
const leastDiversity = { fromNoise: 0.1, fromImages: 0.3 };
/** Of the samples near real items, the share at one place from which they are all there. */
const all = 0.99;
/** Share of samples near real items, from which their places count. */
const enoughNear = 0.5;

const name = "complete-collapse";

export const completeCollapse: Symptom = {
  name,
  summary: "all samples are nearly the same",
  needs: "an adversarial model and two snapshots of samples",
  warmUp: 0.2,
  look: (evidence) => {
    const looks = judgedLooks(evidence);
    if (looks === null) return null;
    const last = looks.at(-1)!;
    const { way, value } = leastDiverse(last);
    const [samples, items] = way === null ? ["samples", "items"] : [`${way} translations`, "target images"];
    const distance = `the mean distance between ${samples} is ${share(value)} of that between real ${items} (collapse: below ${share(leastOf(way))})`;
    const largest = largestPlace(last);
    const where =
      largest === null
        ? ""
        : `; ${share(largest.share)} of those near real items are at ${evidence.places!.names[largest.place]} (collapse: at least ${share(all)})`;
    const values = { diversity: value, ...(largest && { largestPlace: largest.share }) };
    const sign = { evidence: distance + where, values };
    return looks.every(collapsed)
      ? { present: true, ...sign, change: changeFor(name, evidence) }
      : { present: false, ...sign };
  },
};

/** Whether a look shows all samples alike, one way at least, or all at one place of several. */
export function collapsed(look: SampleLook): boolean {
  return look.diversity.some(({ way, value }) => value < leastOf(way)) || (largestPlace(look)?.share ?? 0) >= all;
}

function leastOf(way: Diversity["way"]): number {
  return way === null ? leastDiversity.fromNoise : leastDiversity.fromImages;
}

function leastDiverse({ diversity }: SampleLook): Diversity {
  return diversity.reduce((least, each) => (each.value < least.value ? each : least));
}

/** The place of most samples, with its share of those near real items; null where these are too few. */
function largestPlace(look: SampleLook): { readonly place: number; readonly share: number } | null {
  const near = nearShare(look);
  if (!(near >= enoughNear)) return null;
  const most = maxOf(look.near);
  return { place: look.near.indexOf(most), share: most / near };
}
