import { arena } from "./arena.ts";
import { divergences } from "./divergences.ts";
import { earthMover } from "./earth-mover.ts";
import { estimators } from "./estimators.ts";
import type { Lab } from "./lab.ts";

/** All labs, in the order of the course. */
export const labs: readonly Lab[] = [estimators, arena, divergences, earthMover];

/** The lab that the gallery opens on. */
export const first: Lab = arena;
