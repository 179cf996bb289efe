import { gradientNorm, stepScalar } from "../base/scalar-names.ts";
import { valuesFrom } from "./series.ts";
import type { Evidence, Series } from "./symptom.ts";

/** A net trained against a discriminator, with its logged scalars. */
export interface FollowedGenerator {
  readonly net: string;
  /** Its gradient norms. */
  readonly gradient: Series;
  /** Accuracy of the discriminator at the same steps (0.5: chance, 1: perfect); null for critics. */
  readonly accuracy: Series | null;
}

/** Number of gradient norms needed to assess their trend. */
const minNorms = 12;

/** The nets trained against a discriminator for which enough was logged. */
export function followedGenerators({ model, series }: Evidence): FollowedGenerator[] {
  return (model.adversarial ?? []).flatMap(({ net, step, discriminator, accuracy: scalar }) => {
    const gradient = series.get(gradientNorm.name({ step, net }));
    if (gradient === undefined || gradient.values.length < minNorms) return [];
    const accuracy = (scalar !== null && series.get(stepScalar.name({ step: discriminator, scalar }))) || null;
    // Before its first update a critic is unconstrained, so its slope is not meaningful.
    return [{ net, gradient: accuracy === null ? afterStart(gradient) : gradient, accuracy }];
  });
}

function afterStart({ steps, values }: Series): Series {
  return { steps: steps.filter((step) => step > 0), values: values.filter((_, i) => steps[i]! > 0) };
}

/** Mean accuracy of the discriminator from a step on; NaN if unknown. */
export function accuracyFrom({ accuracy }: FollowedGenerator, step: number): number {
  const values = accuracy === null ? [] : valuesFrom(accuracy, step);
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
