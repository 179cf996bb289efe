import type { RunConfig } from "../run/config.ts";
import { firstChange, moreData } from "./changes.ts";
import { collapsed } from "./complete-collapse.ts";
import { shareAbove } from "./scores.ts";
import { median } from "./series.ts";
import type { Change, Symptom } from "./symptom.ts";
import { figure, share } from "./words.ts";

/** Share of pairs in which the sample is nearer to a training item than the new real item is, from which samples repeat. */
const nearer = 0.8;
/** And how near it is at most, beside the new real item. */
const byFar = 0.75;

export const memorisation: Symptom = {
  name: "memorisation",
  summary: "samples repeat training items",
  needs: "a model that draws, and samples that are not all alike",
  warmUp: null,
  look: ({ now, config }) => {
    const nearest = now?.nearest ?? null;
    if (nearest === null || (now?.samples && collapsed(now.samples))) return null;
    const { generated, real, heldOut } = nearest;
    const [sample, item] = [median(generated), median(real)];
    if (!(item > 0)) return null;
    const ratio = sample / item;
    const pairs = shareAbove(real, generated.toSorted());
    const others = heldOut ? "held-out items" : "training items, from each other,";
    const sign = {
      evidence: `samples are nearer to a training item than ${others} are in ${share(pairs)} of pairs (repeated: from ${share(nearer)}), ${figure(sample)} beside ${figure(item)} in the middle, ${figure(ratio)} of it (repeated: below ${byFar})`,
      values: { pairs, sample, item, ratio },
    };
    if (pairs < nearer || ratio >= byFar) return { present: false, ...sign };
    return { present: true, ...sign, change: changeFor(config) };
  },
};

/** More data where there are more, else fewer steps. */
function changeFor(config: RunConfig): Change {
  return firstChange(config, moreData(config), {
    flag: `--steps ${Math.max(1, Math.round(config.train.steps / 4))}`,
    reason: "it has seen the few training items too often",
  });
}
