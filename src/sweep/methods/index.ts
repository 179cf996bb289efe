import { asha } from "./asha.ts";
import { grid } from "./grid.ts";
import type { SearchMethod } from "./method.ts";
import { random } from "./random.ts";
import { tpe } from "./tpe.ts";

export type { Known, SearchMethod } from "./method.ts";

/** Every search method, in the order of the help. */
export const methods: readonly SearchMethod[] = [grid, random, asha, tpe];
