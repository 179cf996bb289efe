import { threeDigits } from "../../base/digits.ts";
import { maxOf } from "../../base/many.ts";
import { changeFor } from "../changes.ts";
import { type FollowedGenerator, accuracyFrom, followedGenerators } from "../followed-generators.ts";
import { latestQuarter } from "../series.ts";
import type { Symptom } from "../symptom.ts";
import { scoredItems, share } from "../words.ts";

/** Ratio of the gradient norm to its earlier maximum below which it has vanished: two orders of magnitude. */
const vanished = 0.01;
/** Accuracy below which the discriminator does not separate the items, so that a small gradient is expected. */
const stillRight = 0.75;

const name = "vanishing-gradient";

export const vanishingGradient: Symptom = {
  name,
  summary: "almost no gradient reaches the generator",
  needs: "an adversarial model and 12 gradient checks",
  warmUp: 0.25,
  check: (evidence) => {
    const seen = followedGenerators(evidence).map(measured);
    if (seen.length === 0) return null;
    const worst = seen.find(hasVanished) ?? seen.at(-1)!;
    const { net, left, largest, latest, accuracy } = worst;
    const accuracyText = Number.isNaN(accuracy)
      ? ""
      : `; the discriminator's accuracy is ${share(accuracy, stillRight)} on ${scoredItems(evidence.packing)} (vanishing gradient: at least ${share(stillRight)})`;
    const sign = {
      evidence: `the gradient norm of ${net} is at most ${threeDigits(latest, largest)} over the last quarter of the run, ${threeDigits(left, vanished)} of its earlier maximum ${threeDigits(largest, latest)} (vanishing gradient: at most ${vanished})${accuracyText}`,
      values: { largest, latest, left, ...(!Number.isNaN(accuracy) && { accuracy }) },
    };
    if (!hasVanished(worst)) return { present: false, ...sign };
    return { present: true, ...sign, change: (setup) => changeFor(name, setup) };
  },
};

interface Measure {
  readonly net: string;
  readonly largest: number;
  readonly latest: number;
  readonly left: number;
  readonly accuracy: number;
}

function measured(generator: FollowedGenerator): Measure {
  const { before, latest, from } = latestQuarter(generator.gradient);
  const [largest, largestNow] = [maxOf(before), maxOf(latest)];
  return {
    net: generator.net,
    largest,
    latest: largestNow,
    left: largestNow / largest,
    accuracy: accuracyFrom(generator, from),
  };
}

function hasVanished({ left, accuracy }: Measure): boolean {
  return left <= vanished && !(accuracy < stillRight);
}
