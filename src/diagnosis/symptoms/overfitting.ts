import { threeDigits } from "../../base/digits.ts";
import { minOf } from "../../base/many.ts";
import { metricStderr, ofTrainingItems, overfitScore } from "../../base/scalar-names.ts";
import { endMetrics } from "../../evaluation/evaluate.ts";
import { changeFor, moreData } from "../changes.ts";
import { seriesOf } from "../series.ts";
import type { Change, Evidence, Series, Sign, Symptom } from "../symptom.ts";
import { list, share } from "../words.ts";

/** Number of standard errors by which a later held-out value must be worse than the best one. */
const errors = 2;
/** Minimum deterioration, relative to the improvement up to the best held-out value. */
const minRelativeIncrease = 0.05;
/** Number of evaluations needed, and how many of the newest must agree. */
const [evaluations, newest] = [4, 2];

/**
 * Position of a discriminator's mean score of held-out items between those of training items and of
 * generated ones: 0 if it treats training and held-out items alike, 1 if it treats held-out items as generated. Runs on
 * the full data can exceed the threshold if the scores of real and generated items hardly differ, but only within the standard errors.
 * @source Karras et al., "Training generative adversarial networks with limited data", arXiv 2006.06676, equation 1:
 * r_v.
 */
const maxForgotten = 0.2;
/**
 * Number of standard errors that a gap must exceed; large, because the same items are scored each time and the records are not independent.
 */
const gapErrors = 3;
/** Number of newest records of scores that must agree. */
const records = 3;

const name = "overfitting";

export const overfitting: Symptom = {
  name,
  summary: "the fit to training items no longer carries over to held-out items",
  needs: `${evaluations} evaluations of a metric on training and on held-out items, or a discriminator and ${records + 1} sample grids`,
  warmUp: 0.2,
  check: (evidence) => {
    const [metric, discriminator] = [ofMetrics(evidence), ofDiscriminators(evidence)];
    return discriminator?.present === true ? discriminator : (metric ?? discriminator);
  },
};

/** Uses the discriminator with the largest gap; null if none was recorded often enough. */
function ofDiscriminators({ series }: Evidence): Sign | null {
  const scores = seriesOf({ series }, overfitScore).flatMap(({ parts: { score, part } }) =>
    part === "generated" ? [score] : [],
  );
  const measured = scores.flatMap((score) => forgottenBy(score, series) ?? []);
  const [worst] = measured.toSorted((a, b) => minOf(b.shares) - minOf(a.shares));
  if (worst === undefined) return null;
  const { shares, gaps, errors: stderrs } = worst;
  const least = minOf(shares);
  const sign = {
    evidence: `the discriminator scores held-out items lower than training items by ${list(shares.map((each) => share(each, maxForgotten)))} of the difference between training and generated items, at the last ${records} sample grids (overfitting: at least ${share(maxForgotten)} at each, by ${gapErrors} standard errors)`,
    values: { forgotten: least, gap: gaps.at(-1)!, stderr: stderrs.at(-1)! },
  };
  if (least < maxForgotten || gaps.some((gap, i) => gap < gapErrors * stderrs[i]!)) return { present: false, ...sign };
  return { present: true, ...sign, change: (setup) => moreData(setup.config) ?? changeFor(name, setup) };
}

interface Forgotten {
  /**
   * Gap between training and held-out items, divided by that between training and generated ones, for the newest
   * records.
   */
  readonly shares: readonly number[];
  readonly gaps: readonly number[];
  readonly errors: readonly number[];
}

function forgottenBy(score: string, series: Evidence["series"]): Forgotten | null {
  const of = (part: string) => series.get(overfitScore.name({ score, part }));
  const [train, heldOut, generated, stderrs] = ["train", "heldOut", "generated", "stderr"].map(of);
  // An untrained discriminator does not separate the items.
  const steps = (generated?.steps ?? []).filter((step) => step > 0).slice(-records);
  if (train === undefined || steps.length < records) return null;
  const gaps = steps.map((step) => valueAt(train, step) - valueAt(heldOut, step));
  const shares = steps.map((step, i) => {
    const reach = valueAt(train, step) - valueAt(generated, step);
    return reach > 0 ? gaps[i]! / reach : 0;
  });
  const errorsOf = steps.map((step) => valueAt(stderrs, step));
  return [...shares, ...gaps, ...errorsOf].every(Number.isFinite) ? { shares, gaps, errors: errorsOf } : null;
}

function ofMetrics(evidence: Evidence): Sign | null {
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
    change: (setup) => moreData(setup.config) ?? stepsTo(best.step),
  };
}

interface Course {
  /** The best value on held-out items. */
  readonly best: { readonly step: number; readonly value: number };
  readonly now: number;
  readonly trainThen: number;
  readonly trainNow: number;
  /** Smallest deterioration of the newest values from the best one; negative if they are better. */
  readonly lost: number;
  /** Standard error of the difference for independent items; for the same items it is smaller. */
  readonly error: number;
  /** Minimum deterioration of the metric that counts as overfitting. */
  readonly minIncrease: number;
  readonly present: boolean;
}

/** Evaluations of a metric on both splits; null if there are none, or too few. */
function courseOf({ series }: Evidence, name: string, better: "lower" | "higher"): Course | null {
  const [heldOut, train, errorsOf] = [name, ofTrainingItems(name), metricStderr(name)].map((each) => series.get(each));
  if (heldOut === undefined || heldOut.values.length < evaluations) return null;
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
