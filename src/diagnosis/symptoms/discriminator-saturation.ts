import { threeDigits } from "../../base/digits.ts";
import { maxOf } from "../../base/many.ts";
import { changeFor } from "../changes.ts";
import { type FollowedGenerator, accuracyFrom, followedGenerators } from "../followed-generators.ts";
import { median } from "../../numeric/median.ts";
import { latestQuarter } from "../series.ts";
import type { Evidence, Symptom } from "../symptom.ts";
import { scoredItems, share } from "../words.ts";

/** Minimum mean accuracy of a saturated discriminator on real and generated items over the last quarter of the run. */
const minAccuracy = 0.98;
/** Largest ratio of the current to the maximum gradient norm of the generator. */
const maxGradientRatio = 0.1;

const name = "discriminator-saturation";

export const discriminatorSaturation: Symptom = {
  name,
  summary: "the discriminator is always right, and the generator's gradient is small",
  needs: "a discriminator with an accuracy and 12 gradient checks",
  warmUp: 0.25,
  check: (evidence) => {
    const seen = followedGenerators(evidence).flatMap((generator) =>
      generator.accuracy === null ? [] : [measured(generator)],
    );
    if (seen.length === 0) return null;
    const worst = seen.find(isSaturated) ?? seen.at(-1)!;
    const sign = {
      evidence: `${wordsOf(worst, evidence)}${heldOutWords(evidence)}`,
      values: { accuracy: worst.accuracy, gradientLeft: worst.left },
    };
    if (!isSaturated(worst)) return { present: false, ...sign };
    return { present: true, ...sign, change: (setup) => changeFor(name, setup) };
  },
};

interface Measure {
  readonly net: string;
  readonly accuracy: number;
  readonly left: number;
}

function measured(generator: FollowedGenerator): Measure {
  const { before, latest, from } = latestQuarter(generator.gradient);
  return { net: generator.net, accuracy: accuracyFrom(generator, from), left: median(latest) / maxOf(before) };
}

function isSaturated({ accuracy, left }: Measure): boolean {
  return accuracy >= minAccuracy && left <= maxGradientRatio;
}

function wordsOf({ net, accuracy, left }: Measure, { packing }: Evidence): string {
  return `over the last quarter of the run, the discriminator's accuracy is ${share(accuracy, minAccuracy)} on real and generated ${scoredItems(packing)} (saturation: at least ${share(minAccuracy)}), and the gradient norm of ${net} is ${threeDigits(left, maxGradientRatio)} of its earlier maximum (saturation: at most ${maxGradientRatio})`;
}

/** A discriminator that has memorised its training items is certain only on those. */
function heldOutWords({ now, packing }: Evidence): string {
  const scores = now?.scores ?? null;
  if (scores === null) return "";
  const packs = packing > 1 ? "packs of " : "";
  return `; it scores ${packs}training items above ${packs}samples in ${share(scores.train, scores.heldOut)} of pairs, ${packs}held-out items in ${share(scores.heldOut, scores.train)}`;
}
