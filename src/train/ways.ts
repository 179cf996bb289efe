import type { Dataset, Sides } from "../data/index.ts";
import { type Direction, type Model, directions } from "../models/index.ts";

// The ways of a model between two domains.

/** The other way. */
export function opposite(direction: Direction): Direction {
  return direction === "AtoB" ? "BtoA" : "AtoB";
}

/** The domain that a way begins in, and that in which it ends. */
export function endsOf({ a, b }: Sides, direction: Direction): { readonly source: Dataset; readonly target: Dataset } {
  return direction === "AtoB" ? { source: a, target: b } : { source: b, target: a };
}

/** The ways that a model goes. */
export function directionsOf({ translators }: Model): Direction[] {
  return directions.filter((direction) => translators?.[direction] !== undefined);
}
