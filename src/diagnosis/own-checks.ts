import { OptionError } from "../base/errors.ts";
import { type Metric, metrics } from "../metrics/index.ts";
import type { Symptom } from "./symptom.ts";
import { symptoms } from "./symptoms/index.ts";

/** Custom metrics and symptoms, in addition to the built-in ones. */
export interface OwnChecks {
  /**
   * Evaluated at the end of training; results are stored and reported. Metrics of inputs that are cheap to gather, such as
   * `bound` and `predictions`, are also evaluated during training.
   */
  readonly metrics?: readonly Metric[];
  /** Checked during training and at its end. */
  readonly symptoms?: readonly Symptom[];
}

/** @throws OptionError for a metric or symptom with the name of another one. */
export function requireOwnNames(own: OwnChecks): void {
  for (const [kind, known, given] of [
    ["metric", metrics, own.metrics],
    ["symptom", symptoms, own.symptoms],
  ] as const) {
    const names = new Set(known.map(({ name }) => name));
    for (const { name } of given ?? []) {
      if (names.has(name)) {
        throw new OptionError(
          `a custom ${kind} must have a name that no other ${kind} has - got ${name}`,
          `rename it, for example to my-${name}`,
        );
      }
      names.add(name);
    }
  }
}
