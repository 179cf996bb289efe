import type { Command } from "commander";

import { requireOwnNames } from "../diagnosis/index.ts";
import { type Metric, metrics } from "../metrics/index.ts";
import { importMetric, isModulePath } from "../node/index.ts";
import { addMemberFlags, memberNamed, requireUsed as requireUsedOf } from "./member-flags.ts";

/** A flag for each option that a metric has. */
export function addMetricFlags(command: Command): void {
  addMemberFlags(command, metrics, "Options of metrics:");
}

/**
 * Metrics by name, or by the file of one of the person's own.
 * @throws OptionError for a name that none has, and for options of metrics that are not among them.
 */
export async function chooseMetrics(
  names: readonly string[],
  flags: Readonly<Record<string, unknown>>,
): Promise<Metric[]> {
  const own = await Promise.all(names.filter(isModulePath).map(importMetric));
  requireOwnNames({ metrics: own });
  const chosen = [...names.filter((name) => !isModulePath(name)).map((name) => memberNamed(metrics, name)), ...own];
  requireUsed(flags, chosen);
  return chosen;
}

/** An option of a metric that is not measured would be left out in silence. @throws OptionError naming it. */
export function requireUsed(flags: Readonly<Record<string, unknown>>, chosen: readonly Metric[]): void {
  requireUsedOf(metrics, chosen, flags);
}
