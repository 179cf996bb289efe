import { gradientNorm, stepScalar } from "../base/scalar-names.ts";
import { valuesFrom } from "./series.ts";
import type { Evidence, Series } from "./symptom.ts";

/** A net that learns from a discriminator, as a run has followed it. */
export interface FollowedGenerator {
  readonly net: string;
  /** Norms of its gradient. */
  readonly gradient: Series;
  /** The discriminator's accuracy at the same time, 0.5 for guesses and 1 for no mistake; null for critics, who have none. */
  readonly accuracy: Series | null;
}

/** Gradient norms that it takes to say how a net's gradient went. */
const minNorms = 12;

/** The nets that learn from a discriminator, where enough was logged of them. */
export function followedGenerators({ model, series }: Evidence): FollowedGenerator[] {
  return (model.adversarial ?? []).flatMap(({ net, step, discriminator, accuracy: scalar }) => {
    const gradient = series.get(gradientNorm.name({ step, net }));
    if (gradient === undefined || gradient.values.length < minNorms) return [];
    const accuracy = (scalar !== null && series.get(stepScalar.name({ step: discriminator, scalar }))) || null;
    // Before its first step a critic is not bounded yet, and its slope means nothing.
    return [{ net, gradient: accuracy === null ? afterStart(gradient) : gradient, accuracy }];
  });
}

function afterStart({ steps, values }: Series): Series {
  return { steps: steps.filter((step) => step > 0), values: values.filter((_, i) => steps[i]! > 0) };
}

/** Mean accuracy of the discriminator from a step on; NaN where it is not known. */
export function accuracyFrom({ accuracy }: FollowedGenerator, step: number): number {
  const values = accuracy === null ? [] : valuesFrom(accuracy, step);
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
