import { threeDigits } from "../base/digits.ts";
import type { RunConfig } from "../run/config.ts";
import { changeFor, moreData } from "./changes.ts";
import { collapsed } from "./complete-collapse.ts";
import { shareAbove } from "./scores.ts";
import { median } from "./series.ts";
import type { Change, Symptom } from "./symptom.ts";
import { share } from "./words.ts";

/** Share of pairs in which the sample is nearer to a training item than the new real item is, from which samples repeat. */
const nearer = 0.8;
/** And how near it is at most, beside the new real item. */
const byFar = 0.75;

const name = "memorisation";

export const memorisation: Symptom = {
  name,
  summary: "samples repeat training items",
  needs: "a model that draws, and samples that are not all alike",
  warmUp: null,
  look: (evidence) => {
    const { now, config } = evidence;
    const nearest = now?.nearest ?? null;
    if (nearest === null || (now?.samples && collapsed(now.samples))) return null;
    const { generated, real, heldOut } = nearest;
    const [sample, item] = [median(generated), median(real)];
    if (!(item > 0)) return null;
    const ratio = sample / item;
    const pairs = shareAbove(real, generated.toSorted());
    const others = heldOut ? "held-out items" : "training items, from each other,";
    const sign = {
      evidence: `samples are nearer to a training item than ${others} are in ${share(pairs)} of pairs (repeated: from ${share(nearer)}), ${threeDigits(sample)} beside ${threeDigits(item)} in the middle, ${threeDigits(ratio)} of it (repeated: below ${byFar})`,
      values: { pairs, sample, item, ratio },
    };
    if (pairs < nearer || ratio >= byFar) return { present: false, ...sign };
    return { present: true, ...sign, change: changeFor(name, evidence, [moreData(config), fewerSteps(config)]) };
  },
};

function fewerSteps({ train }: RunConfig): Change {
  return {
    flag: `--steps ${Math.max(1, Math.round(train.steps / 4))}`,
    reason: "it has seen the few training items too often",
  };
}
