import { maxOf } from "../base/many.ts";
import { type Fit, minimize } from "./newton.ts";

/** Gradient per item at which the fit has converged. */
const flat = 1e-12;

/**
 * Linear support vector classifiers of scalars, one-vs-rest: for each class, minimises
 * (w^2 + b^2) / 2 + C sum over items of c_i max(0, 1 - y_i (w x_i + b))^2, with c_i = n / (classes n_class) for items of
 * the class and 1 for the others; with two classes, both have balanced weights. This is scikit-learn's LinearSVC with
 * balanced classes, including the penalty on the intercept, solved to the optimum by Newton's method.
 * @source Hsieh et al., "A dual coordinate descent method for large-scale linear SVM", ICML 2008, equation 1.
 * @param labels Nonnegative integers, one per value; a class without items is never predicted.
 * @returns A function that returns the class of each value, by the largest w x + b.
 */
export function linearSvm(values: Float64Array, labels: Int32Array, c: number): (others: Float64Array) => Int32Array {
  const classes = [...new Set(labels)].toSorted((a, b) => a - b);
  const weights = classes.map((label) => {
    const count = labels.reduce((sum, other) => sum + Number(other === label), 0);
    return (c * labels.length) / (classes.length * count);
  });
  const lines = classes.map((label, i) => {
    const rest = classes.length === 2 ? weights[1 - i]! : c;
    return fitLine(
      values,
      labels.map((other) => Number(other === label)),
      weights[i]!,
      rest,
    );
  });
  return (others) =>
    Int32Array.from(others, (x) => {
      const scores = lines.map(([w, b]) => w! * x + b!);
      return classes[scores.indexOf(maxOf(scores))]!;
    });
}

interface LineFit extends Fit {
  /** Second derivatives with respect to ww, wb and bb. */
  readonly second: readonly [number, number, number];
}

/** `[w, b]`. The loss is piecewise quadratic, so Newton's method converges in finitely many steps. */
function fitLine(values: Float64Array, isOwn: Int32Array, ownWeight: number, restWeight: number): Float64Array {
  const at = ([w, b]: Float64Array): LineFit => {
    let [loss, gw, gb] = [(w! * w! + b! * b!) / 2, w!, b!];
    let [ww, wb, bb] = [1, 0, 1];
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      const y = isOwn[i] === 1 ? 1 : -1;
      const slack = 1 - y * (w! * x + b!);
      if (slack <= 0) continue;
      const factor = y > 0 ? ownWeight : restWeight;
      loss += factor * slack * slack;
      gw -= 2 * factor * y * slack * x;
      gb -= 2 * factor * y * slack;
      ww += 2 * factor * x * x;
      wb += 2 * factor * x;
      bb += 2 * factor;
    }
    return { loss, gradient: Float64Array.of(gw, gb), second: [ww, wb, bb] };
  };
  const stepOf = ({ gradient: [gw, gb], second: [ww, wb, bb] }: LineFit): Float64Array => {
    const area = ww * bb - wb * wb;
    return Float64Array.of((bb * gw! - wb * gb!) / area, (ww * gb! - wb * gw!) / area);
  };
  return minimize(Float64Array.of(0, 0), at, stepOf, flat * values.length);
}
