import type { Key } from "../../base/random.ts";
import type { Assignment, Space } from "../space.ts";

/** A configuration whose value is known. */
export interface Known {
  readonly parameters: Assignment;
  /** The value to minimise; Infinity for a configuration that diverged or failed. */
  readonly value: number;
}

/** What a method knows when it chooses the next configuration. */
interface Proposal {
  readonly space: Space;
  /** Number of configurations proposed so far. */
  readonly number: number;
  /** A key that is used for this configuration only. */
  readonly key: Key;
  /** Completely trained configurations, in the order in which they ended. */
  readonly known: readonly Known[];
}

/** A search method: chooses what to train next. It has no state, so that a sweep can continue from its log. */
export interface SearchMethod {
  readonly name: string;
  readonly summary: string;
  /** Paper and section that define it. */
  readonly source: string;
  /** Whether the number of configurations is finite; other methods continue until `run_cap`. */
  readonly ends: boolean;
  /** Whether configurations that fall behind are stopped even if the file has no `early_terminate`. */
  readonly halves?: boolean;
  /** Whether it uses the values of earlier configurations; no more are then proposed than can be trained at once. */
  readonly learns?: boolean;
  /** The next configuration; null if there are no more. If it was proposed before, `propose` is called again with another key. */
  propose(proposal: Proposal): Assignment | null;
}
