import type { Command } from "commander";

import { requireOwnNames } from "../diagnosis/index.ts";
import { type Metric, metrics } from "../metrics/index.ts";
import { importMetric, isModulePath } from "../node/index.ts";
import { addMemberFlags, memberByName, requireUsed as requireUsedOf } from "./member-flags.ts";

/** A flag for each option that a metric has. */
export function addMetricFlags(command: Command): void {
  addMemberFlags(command, metrics, "Options of metrics:");
}

/**
 * Metrics by name, or by the file of a custom metric.
 * @throws OptionError for an unknown name, and for options of metrics that are not chosen.
 */
export async function chooseMetrics(
  names: readonly string[],
  flags: Readonly<Record<string, unknown>>,
): Promise<Metric[]> {
  const own = await Promise.all(names.filter(isModulePath).map(importMetric));
  requireOwnNames({ metrics: own });
  const chosen = [...names.filter((name) => !isModulePath(name)).map((name) => memberByName(metrics, name)), ...own];
  requireUsed(flags, chosen);
  return chosen;
}

/** Options of metrics that are not measured would be ignored silently. @throws OptionError naming the option. */
export function requireUsed(flags: Readonly<Record<string, unknown>>, chosen: readonly Metric[]): void {
  requireUsedOf(metrics, chosen, flags);
}
