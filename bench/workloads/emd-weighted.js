import { emdStepper } from "./emd-problems.js";

/** The same of 2000 by 1500 points with weights. */
export const createStepper = () => emdStepper([2000, 1500], true);
