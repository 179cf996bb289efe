import { addedNoise, evenRates, firstChange, unshiftedBias } from "./changes.ts";
import type { Evidence, SampleLook, Symptom } from "./symptom.ts";
import { share } from "./words.ts";

/** Distance of two samples beside that of two real items, below which they count as alike. */
const leastDiversity = 0.1;
/** Share of the samples at one place, from which they count as all there. */
const allOfThem = 0.99;

export const completeCollapse: Symptom = {
  name: "complete-collapse",
  summary: "all samples are alike",
  needs: "samples at two looks",
  warmUp: 0.2,
  look: (evidence) => {
    const looks = judged(evidence);
    if (looks === null) return null;
    const last = looks.at(-1)!;
    const most = mostAt(last);
    const said = `two samples are ${share(last.diversity)} as far from each other as two real items (collapse: below ${share(leastDiversity)})`;
    const place =
      most === null
        ? ""
        : `; ${share(most.share)} of them are near ${evidence.places!.names[most.place]} (collapse: from ${share(allOfThem)})`;
    const values = { diversity: last.diversity, ...(most && { largestPlace: most.share }) };
    const sign = { evidence: said + place, values };
    if (!looks.every(collapsed)) return { present: false, ...sign };
    const change = firstChange(
      evidence.config,
      unshiftedBias(evidence.config),
      evenRates(evidence.config),
      addedNoise(evidence.config, evidence.spread),
    );
    return { present: true, ...sign, change };
  },
};

/** The newest look and the one before it: what is gone by the next look is no collapse. */
function judged({ looks, now }: Evidence): readonly SampleLook[] | null {
  if (now !== null) return now.samples === null ? null : [now.samples];
  return looks.length < 2 ? null : looks.slice(-2);
}

/** Whether a look shows all samples alike, or all at one place of several. */
export function collapsed(look: SampleLook): boolean {
  return look.diversity < leastDiversity || (mostAt(look)?.share ?? 0) >= allOfThem;
}

function mostAt({ near }: SampleLook): { readonly place: number; readonly share: number } | null {
  if (near.length === 0) return null;
  const place = near.indexOf(Math.max(...near));
  return { place, share: near[place]! };
}
