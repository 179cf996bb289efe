import { emdStepper } from "./emd-problems.js";

/** Exact earth mover's distance with its plan, 2000 by 2000 points of equal weight. */
export const createStepper = () => emdStepper([2000, 2000], false);
