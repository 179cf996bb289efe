import { type Key, fold, uniform } from "../../base/random.ts";
import { type Assignment, type Domain, type ParameterValue, type Space, valueAt } from "../space.ts";
import type { SearchMethod } from "./method.ts";

/** Independent draws from the distributions of the parameters. */
export const random: SearchMethod = {
  name: "random",
  summary: "independent draws from the values and distributions",
  source: "Bergstra, Bengio, JMLR 13 (2012)",
  ends: false,
  propose: ({ space, key }) => draw(space, key),
};

/** Draws a value of every parameter. */
function draw(space: Space, key: Key): Assignment {
  return Object.fromEntries(space.map(({ name, domain }) => [name, drawOne(domain, fold(key, name))]));
}

function drawOne(domain: Domain, key: Key): ParameterValue {
  const share = uniform(key, [1]).data[0]!;
  if (domain.kind === "range") return valueAt(domain, share);
  return domain.values[Math.min(domain.values.length - 1, Math.floor(share * domain.values.length))]!;
}
