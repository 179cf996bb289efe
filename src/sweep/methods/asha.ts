import { random } from "./random.ts";
import type { SearchMethod } from "./method.ts";

/** Random configurations, most of which are stopped early as configured by `early_terminate`. */
export const asha: SearchMethod = {
  name: "asha",
  summary: "random configurations, the worse ones stopped early (asynchronous successive halving)",
  source: "Li et al., MLSys 2020, arXiv 1810.05934",
  ends: false,
  halves: true,
  propose: random.propose,
};
