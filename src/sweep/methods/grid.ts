import { combinationsOf } from "../space.ts";
import type { SearchMethod } from "./method.ts";

/** Every combination of values; the last parameter changes fastest. */
export const grid: SearchMethod = {
  name: "grid",
  summary: "every combination of the values",
  source: "full factorial design",
  ends: true,
  propose: ({ space, number }) => {
    if (number >= combinationsOf(space)) return null;
    let rest = number;
    const entries = space.toReversed().map(({ name, domain }) => {
      const values =
        domain.kind === "choice"
          ? domain.values
          : // A range of whole numbers; other ranges are refused for a grid.
            Array.from({ length: domain.max - domain.min + 1 }, (_, i) => domain.min + i);
      const value = values[rest % values.length]!;
      rest = Math.floor(rest / values.length);
      return [name, value] as const;
    });
    return Object.fromEntries(entries.toReversed());
  },
};
