import { threeDigits } from "../../base/digits.ts";
import type { RunConfig } from "../../run/config.ts";
import { changeFor, moreData } from "../changes.ts";
import { collapsed } from "./complete-collapse.ts";
import { shareAbove } from "../scores.ts";
import { median } from "../../numeric/median.ts";
import type { Change, Symptom } from "../symptom.ts";
import { share } from "../words.ts";

/** Minimum fraction of pairs in which the sample is nearer to a training item than the held-out item is. */
const minNearerShare = 0.8;
/** Largest ratio of the sample's distance to the held-out item's. */
const maxDistanceRatio = 0.75;

const name = "memorisation";

export const memorisation: Symptom = {
  name,
  summary: "samples are nearly copies of training items",
  needs: "a generative model whose samples are not all the same",
  warmUp: null,
  check: (evidence) => {
    const { now } = evidence;
    const nearest = now?.nearest ?? null;
    if (nearest === null || (now?.samples && collapsed(now.samples))) return null;
    const { generated, real, heldOut } = nearest;
    const [sample, item] = [median(generated), median(real)];
    if (!(item > 0)) return null;
    const ratio = sample / item;
    const pairs = shareAbove(real, generated.toSorted());
    const others = heldOut ? "held-out items are" : "training items are to their nearest other training item";
    const sign = {
      evidence: `samples are nearer to a training item than ${others} in ${share(pairs, minNearerShare)} of pairs (memorised: at least ${share(minNearerShare)}); median distances ${threeDigits(sample, item)} and ${threeDigits(item, sample)}, a ratio of ${threeDigits(ratio, maxDistanceRatio, 1)} (memorised: below ${maxDistanceRatio})`,
      values: { pairs, sample, item, ratio },
    };
    if (pairs < minNearerShare || ratio >= maxDistanceRatio) return { present: false, ...sign };
    return {
      present: true,
      ...sign,
      change: (setup) => changeFor(name, setup, [moreData(setup.config), fewerSteps(setup.config)]),
    };
  },
};

function fewerSteps({ train }: RunConfig): Change {
  return {
    flag: `--steps ${Math.max(1, Math.round(train.steps / 4))}`,
    reason: "the model has seen few training items many times",
  };
}
