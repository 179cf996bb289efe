import type { Key } from "../../base/random.ts";
import type { Assignment, Space } from "../space.ts";

/** A configuration whose value is known. */
export interface Known {
  readonly parameters: Assignment;
  /** To be made smaller; Infinity for a configuration that diverged or failed. */
  readonly value: number;
}

/** What a method chooses the next configuration by. */
interface Proposal {
  readonly space: Space;
  /** Configurations proposed so far. */
  readonly number: number;
  /** A key of this configuration alone. */
  readonly key: Key;
  /** Configurations trained to their end, in the order in which they ended. */
  readonly known: readonly Known[];
}

/** How a sweep searches: what to train next, from what is known. It keeps nothing, so that a sweep goes on from its record. */
export interface SearchMethod {
  readonly name: string;
  readonly summary: string;
  /** Paper and place that define it. */
  readonly source: string;
  /** Whether it ends by itself; others propose until `run_cap`. */
  readonly ends: boolean;
  /** Whether configurations that fall behind are stopped even where the file has no `early_terminate`. */
  readonly halves?: boolean;
  /** Whether it chooses by the values of earlier configurations: then no more are proposed than can be trained at once. */
  readonly learns?: boolean;
  /** The next configuration; null where there is no other. One that was proposed before is asked for again with another key. */
  propose(proposal: Proposal): Assignment | null;
}
