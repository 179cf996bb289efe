import type { Lab, Text } from "../labs/lab.ts";
import type { Values } from "./address.ts";

/** What an ideal model would have at these controls; undefined where a meter has no ideal. */
export function idealOf({ ideal }: Lab["meters"][number], controls: Values): number | Text | undefined {
  return typeof ideal === "function" ? ideal(controls) : ideal;
}
