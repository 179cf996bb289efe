import type { Dataset, Sides } from "../data/index.ts";
import { type Direction, type Model, directions } from "../models/index.ts";

// Directions of translation models.

/** The opposite direction. */
export function opposite(direction: Direction): Direction {
  return direction === "AtoB" ? "BtoA" : "AtoB";
}

/** Source and target domain of a direction. */
export function endsOf({ a, b }: Sides, direction: Direction): { readonly source: Dataset; readonly target: Dataset } {
  return direction === "AtoB" ? { source: a, target: b } : { source: b, target: a };
}

/** The directions of a model; empty for models that do not translate. */
export function directionsOf({ translators }: Model): Direction[] {
  return directions.filter((direction) => translators?.[direction] !== undefined);
}

/** The domain whose images an input of a map takes; undefined if it takes something else. */
export function domainOf(model: Model, sides: Sides, map: string, input: string): Dataset | undefined {
  for (const direction of directionsOf(model)) {
    const { source, target } = endsOf(sides, direction);
    const { discriminator, ...way } = model.translators![direction]!;
    if (way.map === map && way.input === input) return source;
    if (discriminator?.map !== map) continue;
    if (discriminator.input === input) return target;
    if (discriminator.source === input) return source;
  }
  return undefined;
}
