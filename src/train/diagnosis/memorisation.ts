import type { RunConfig } from "../config.ts";
import { median } from "./series.ts";
import type { Change, Symptom } from "./symptom.ts";
import { figure } from "./words.ts";

/** Of the distance of a new real item from the nearest training item, how far a sample is that repeats one. */
const repeated = 0.3;

export const memorisation: Symptom = {
  name: "memorisation",
  summary: "samples repeat training items",
  needs: "a model that draws",
  warmUp: null,
  look: ({ now, config }) => {
    const nearest = now?.nearest ?? null;
    if (nearest === null) return null;
    const { generated, real, heldOut } = nearest;
    const [sample, item] = [median(generated), median(real)];
    if (!(item > 0)) return null;
    const ratio = sample / item;
    const whose = heldOut ? "a held-out item" : "a training item from the nearest other one";
    const sign = {
      evidence: `the nearest training item is ${figure(sample)} from a sample, ${figure(item)} from ${whose}: ${figure(ratio)} of it (memorised: below ${repeated}; medians of ${generated.length} and ${real.length})`,
      values: { sample, item, ratio },
    };
    return ratio < repeated ? { present: true, ...sign, change: changeFor(config) } : { present: false, ...sign };
  },
};

/** More data where there are more, else fewer steps. */
function changeFor({ data, train }: RunConfig): Change {
  if (data.limit !== undefined) {
    return {
      flag: `--limit ${10 * data.limit}`,
      reason: `it was trained on the first ${data.limit} items alone; leave --limit out for all`,
    };
  }
  return {
    flag: `--steps ${Math.max(1, Math.round(train.steps / 4))}`,
    reason: "it has seen the few training items too often",
  };
}
