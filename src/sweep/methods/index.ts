import { grid } from "./grid.ts";
import type { SearchMethod } from "./method.ts";
import { random } from "./random.ts";

export type { Known, SearchMethod } from "./method.ts";

/** Every search method, by the order in which help shows them. */
export const methods: readonly SearchMethod[] = [grid, random];
