import type { ConfigurationRow, SweepTable } from "./table.ts";

/** How much of the differences between configurations one parameter explains by itself. */
export interface Importance {
  readonly parameter: string;
  /** Share of the variance of the configurations' means, from 0 to 1. */
  readonly share: number;
}

/** Groups that the values of a parameter with many are put into. */
const groups = 4;

/**
 * The main effect of each parameter: the variance between the means of groups of configurations with the same value, as a share
 * of the variance of all (correlation ratio, eta squared). Values of a range are put into quarters. Interactions are not in it, and with
 * few configurations a group explains something by chance.
 * @source Fisher, "Statistical methods for research workers", 1925, section 45.
 */
export function importances({ rows, parameters }: Pick<SweepTable, "rows" | "parameters">): Importance[] {
  const measured = rows.filter(({ status, mean }) => status === "done" && mean !== null);
  const total = squares(measured);
  // Of equal means, what is left is rounding.
  const rounding = 1e-20 * measured.reduce((sum, { mean }) => sum + mean! ** 2, 0);
  return parameters
    .map((parameter) => {
      const within = groupsOf(measured, parameter).reduce((sum, group) => sum + squares(group), 0);
      return { parameter, share: total > rounding ? 1 - within / total : 0 };
    })
    .toSorted((a, b) => b.share - a.share);
}

function groupsOf(rows: readonly ConfigurationRow[], parameter: string): ConfigurationRow[][] {
  const values = [...new Set(rows.map((row) => JSON.stringify(row.parameters[parameter])))];
  const isRange = rows.every((row) => typeof row.parameters[parameter] === "number");
  if (!isRange || values.length <= 2 * groups) {
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
