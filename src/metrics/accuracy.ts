import { z } from "zod";
import { filled } from "../base/filled.ts";
import { type NdArray } from "../base/ndarray.ts";
import { defineMetric } from "./metric.ts";
import { share } from "./sets.ts";

/**
 * Fraction of items whose class is predicted correctly, in [0, 1], from logits [n, classes]. Details: the accuracy of
 * each class, and how often each class is predicted for images of uniform noise: a count of modes by this classifier
 * should not rely on those classes.
 * @source defined here.
 */
export const accuracy = defineMetric({
  name: "accuracy",
  summary: "fraction of test items classified correctly",
  source: "defined here",
  perfect: "1",
  better: "higher",
  needs: "predictions",
  options: z.object({}),
  measure: ({ logits, labels, noise }) => {
    const [n, classes] = logits.shape as [number, number];
    const predicted = largestOf(logits);
    const ofClass = new Float64Array(classes);
    const right = new Float64Array(classes);
    labels.forEach((label, i) => {
      ofClass[label]!++;
      if (predicted[i] === label) right[label]!++;
    });
    const m = noise.shape[0]!;
    const ofNoise = new Float64Array(classes);
    for (const label of largestOf(noise)) ofNoise[label]! += 1 / m;
    return {
      metric: "accuracy",
      ...share(
        right.reduce((sum, hits) => sum + hits, 0),
        n,
      ),
      n,
      unit: "share of items",
      details: {
        accuracyPerClass: Array.from(right, (hits, label) => hits / ofClass[label]!),
        ...(m > 0 && { noisePerClass: [...ofNoise] }),
      },
    };
  },
});

/** The class with the largest logit, the first one in a tie: logits [n, classes] to [n]. */
export function largestOf({ shape, data }: NdArray): Int32Array {
  const [n, classes] = shape as [number, number];
  return filled(new Int32Array(n), (i) => {
    let best = 0;
    for (let label = 1; label < classes; label++) {
      if (data[i * classes + label]! > data[i * classes + best]!) best = label;
    }
    return best;
  });
}
