import { type NdArray, fromNumbers } from "../../base/ndarray.ts";
import { normal } from "../../base/random.ts";
import { generatedPoints } from "./generated-points.ts";
import type { GeneratedDataset } from "./named.ts";

export interface MixtureDefinition {
  readonly name: string;
  readonly description: string;
  /** Means of the modes, all of the same length. */
  readonly centers: readonly (readonly number[])[];
  readonly deviation: number;
  /** Number of coordinates with noise, from the first; all by default. */
  readonly noisy?: number;
  /** Radius, in standard deviations, within which a sample is of high quality. */
  readonly within: number;
}

/** A mixture of equally weighted Gaussians with a common standard deviation; a point's label is its mode. */
export function gaussianMixture(definition: MixtureDefinition): GeneratedDataset {
  const { name, description, deviation, within } = definition;
  const centers = stacked(definition.centers);
  const [classes, dimensions] = centers.shape as [number, number];
  const { noisy = dimensions } = definition;
  return generatedPoints({
    name,
    description,
    dimensions,
    classes,
    modes: { kind: "centers", centers, deviation, within },
    // Rounded, because the last digits of a sine depend on the platform.
    formula: `mixture ${Array.from(centers.data, (x) => x.toFixed(6)).join(" ")}, deviation ${deviation} in ${noisy}`,
    draw(from, label, out) {
      for (let i = 0; i < dimensions; i++) out[i] = centers.data[label * dimensions + i]!;
      const noise = normal(from, [noisy]).data;
      for (let i = 0; i < noisy; i++) out[i]! += deviation * noise[i]!;
    },
  });
}

function stacked(centers: readonly (readonly number[])[]): NdArray<"float32"> {
  return fromNumbers(centers.flat(), [centers.length, centers[0]!.length]);
}
