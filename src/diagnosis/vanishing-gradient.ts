import { maxOf } from "../base/many.ts";
import { livelierGradient } from "./changes.ts";
import { type Maker, accuracyFrom, makersIn } from "./players.ts";
import { latestQuarter } from "./series.ts";
import type { Symptom } from "./symptom.ts";
import { figure, judged, share } from "./words.ts";

/** Of its largest value before, what is left of a gradient that has vanished: two orders of magnitude. */
const vanished = 0.01;
/** Accuracy below which the discriminator has nothing left to teach, and a small gradient is as it should be. */
const stillRight = 0.75;

export const vanishingGradient: Symptom = {
  name: "vanishing-gradient",
  summary: "hardly any gradient reaches the generator",
  needs: "two players, and 12 looks at gradients",
  warmUp: 0.25,
  look: (evidence) => {
    const seen = makersIn(evidence).map(measured);
    if (seen.length === 0) return null;
    const worst = seen.find(hasVanished) ?? seen.at(-1)!;
    const { net, left, largest, latest, accuracy } = worst;
    const judge = Number.isNaN(accuracy)
      ? ""
      : `; the discriminator is right on ${share(accuracy)} of ${judged(evidence.packing)} (a lesson is left from ${share(stillRight)})`;
    const sign = {
      evidence: `the gradient of ${net} is at most ${figure(latest)} over the newest quarter of looks, ${figure(left)} of its largest before, ${figure(largest)} (vanished: up to ${vanished})${judge}`,
      values: { largest, latest, left, ...(!Number.isNaN(accuracy) && { accuracy }) },
    };
    if (!hasVanished(worst)) return { present: false, ...sign };
    return { present: true, ...sign, change: livelierGradient(evidence) };
  },
};

interface Measure {
  readonly net: string;
  readonly largest: number;
  readonly latest: number;
  readonly left: number;
  readonly accuracy: number;
}

function measured(maker: Maker): Measure {
  const { before, latest, from } = latestQuarter(maker.gradient);
  const [largest, largestNow] = [maxOf(before), maxOf(latest)];
  return {
    net: maker.net,
    largest,
    latest: largestNow,
    left: largestNow / largest,
    accuracy: accuracyFrom(maker, from),
  };
}

function hasVanished({ left, accuracy }: Measure): boolean {
  return left <= vanished && !(accuracy < stillRight);
}
