import { threeDigits } from "../../base/digits.ts";
import { minOf } from "../../base/many.ts";
import { metricStderr, ofTrainingItems } from "../../base/scalar-names.ts";
import { endMetrics } from "../../evaluation/evaluate.ts";
import { changeFor, moreData } from "../changes.ts";
import type { Change, Evidence, Series, Symptom } from "../symptom.ts";

/** Standard errors of the difference between two held-out values from which the later one is worse. */
const errors = 2;
/** Minimum deterioration, relative to the improvement up to the best held-out value. */
const minRelativeIncrease = 0.05;
/** Evaluations that it takes; the newest ones must agree. */
const [evaluations, newest] = [4, 2];

const name = "overfitting";

export const overfitting: Symptom = {
  name,
  summary: "the held-out metric worsens while the training metric improves",
  needs: `a metric logged on training and on held-out items, and ${evaluations} evaluations`,
  warmUp: 0.2,
  check: (evidence) => {
    const followed = endMetrics.flatMap(({ name, quantity, better }) => {
      const course = better === null ? null : courseOf(evidence, name, better);
      return course === null ? [] : [{ name: quantity ?? name, ...course }];
    });
    const [worst] = followed.toSorted((a, b) => b.lost / b.error - a.lost / a.error);
    if (worst === undefined) return null;
    const { name: metric, best, now, trainThen, trainNow, error, minIncrease } = worst;
    const sign = {
      evidence: `${metric} on held-out items was best at step ${best.step}, ${threeDigits(best.value, now)}, and is now ${threeDigits(now, best.value)}, while on training items it went from ${threeDigits(trainThen, trainNow)} to ${threeDigits(trainNow, trainThen)} (overfitting: worse by at least ${threeDigits(minIncrease)}, the larger of ${errors} standard errors and ${100 * minRelativeIncrease} % of the improvement, at the last ${newest} evaluations)`,
      values: { best: best.value, bestStep: best.step, now, trainThen, trainNow, stderr: error },
    };
    if (!worst.present) return { present: false, ...sign };
    return {
      present: true,
      ...sign,
      change: (setup) => changeFor(name, setup, [moreData(setup.config), stepsTo(best.step)]),
    };
  },
};

interface Course {
  /** The best value of held-out items. */
  readonly best: { readonly step: number; readonly value: number };
  readonly now: number;
  readonly trainThen: number;
  readonly trainNow: number;
  /** By how much the newest values are worse than the best, at least; below 0 for better ones. */
  readonly lost: number;
  /** Standard error of the difference, were both of other items each: of the same items it is smaller. */
  readonly error: number;
  /** What they must be worse by. */
  readonly minIncrease: number;
  readonly present: boolean;
}

/** Of a metric that was measured on both parts; null where it was not, or too seldom. */
function courseOf({ series }: Evidence, name: string, better: "lower" | "higher"): Course | null {
  const [heldOut, train, errorsOf] = [name, ofTrainingItems(name), metricStderr(name)].map((each) => series.get(each));
  if (heldOut === undefined || train === undefined || heldOut.values.length < evaluations) return null;
  const sign = better === "lower" ? 1 : -1;
  // Smaller is better from here on.
  const values = heldOut.values.map((value) => sign * value);
  const at = values.reduce((best, value, i) => (value < values[best]! ? i : best), 0);
  const lost = minOf(values.slice(-newest)) - values[at]!;
  const step = heldOut.steps[at]!;
  const last = heldOut.steps.at(-1)!;
  const [trainThen, trainNow] = [valueAt(train, step), valueAt(train, last)];
  const error = Math.hypot(valueAt(errorsOf, step), valueAt(errorsOf, last));
  if (![trainThen, trainNow, error].every(Number.isFinite)) return null;
  const minIncrease = Math.max(errors * error, minRelativeIncrease * (values[0]! - values[at]!));
  return {
    best: { step, value: heldOut.values[at]! },
    now: heldOut.values.at(-1)!,
    trainThen,
    trainNow,
    lost,
    error,
    minIncrease,
    present: lost > 0 && lost >= minIncrease && sign * (trainNow - trainThen) < 0,
  };
}

function valueAt(series: Series | undefined, step: number): number {
  return series?.values[series.steps.lastIndexOf(step)] ?? Number.NaN;
}

function stepsTo(bestStep: number): Change {
  return {
    flag: `--steps ${bestStep}`,
    reason: "after that step it only fitted its training items; --checkpoint best uses the parameters of that step",
  };
}
