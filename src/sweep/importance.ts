import type { ConfigurationRow, SweepTable } from "./table.ts";

/** How much of the variance between configurations one parameter explains on its own. */
export interface Importance {
  readonly parameter: string;
  /** Share of the variance of the configurations' means, from 0 to 1. */
  readonly share: number;
}

/** Maximum number of groups for a parameter with many values, and minimum number of configurations per group. */
const [mostGroups, leastMembers] = [4, 2];

/**
 * The main effect of each parameter: the variance between the means of groups of configurations with the same value, as a share
 * of the variance of all, less what groups of that size explain by chance (epsilon squared). Values of a range are
 * grouped by quartile. Interactions are not included.
 * @source Kelley, "An unbiased correlation ratio measure", PNAS 21, 1935; Fisher, "Statistical methods for research workers",
 * 1925, section 45.
 */
export function importances({ rows, parameters }: Pick<SweepTable, "rows" | "parameters">): Importance[] {
  const measured = rows.filter(({ status, mean }) => status === "done" && mean !== null);
  return parameters
    .map((parameter) => ({ parameter, share: shareOf(measured, groupsOf(measured, parameter)) }))
    .toSorted((a, b) => b.share - a.share);
}

function shareOf(measured: readonly ConfigurationRow[], parts: readonly ConfigurationRow[][]): number {
  const total = squares(measured);
  // With equal means, the remaining difference is rounding error.
  const rounding = 1e-20 * measured.reduce((sum, { mean }) => sum + mean! ** 2, 0);
  if (total <= rounding) return 0;
  const within = parts.reduce((sum, part) => sum + squares(part), 0);
  // If no two configurations share a value, the effect cannot be distinguished from chance.
  const free = measured.length - parts.length;
  return free === 0 ? 0 : Math.max(0, 1 - within / free / (total / (measured.length - 1)));
}

function groupsOf(rows: readonly ConfigurationRow[], parameter: string): ConfigurationRow[][] {
  const values = [...new Set(rows.map((row) => JSON.stringify(row.parameters[parameter])))];
  const isNumber = rows.every((row) => typeof row.parameters[parameter] === "number");
  const groups = Math.max(1, Math.min(mostGroups, Math.floor(rows.length / leastMembers)));
  if (!isNumber || (values.length <= 2 * mostGroups && values.length <= rows.length / leastMembers)) {
    return values.map((value) => rows.filter((row) => JSON.stringify(row.parameters[parameter]) === value));
  }
  const sorted = rows.toSorted((a, b) => Number(a.parameters[parameter]) - Number(b.parameters[parameter]));
  const size = sorted.length / groups;
  return Array.from({ length: groups }, (_, i) => sorted.slice(Math.round(i * size), Math.round((i + 1) * size)));
}

/** Sum of squared distances to the mean. */
function squares(rows: readonly ConfigurationRow[]): number {
  const mean = rows.reduce((sum, row) => sum + row.mean! / rows.length, 0);
  return rows.reduce((sum, row) => sum + (row.mean! - mean) ** 2, 0);
}
