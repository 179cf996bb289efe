import {
  type DataSplit,
  type Dataset,
  type ValueScale,
  hasSides,
  narrowRange,
  narrowRangeWarning,
  notesOf,
  skippedIn,
} from "../data/index.ts";
import { count } from "./format.ts";

/** Files that are named; of more, how many. */
const named = 10;

/** What `train` says of data before it learns from them. @param all Whether each file that is left out is named. */
export function noticeLines(data: DataSplit, { all }: { readonly all: boolean }): string[] {
  const skipped = skippedIn(data).map(({ file, reason }) => `${file}: ${reason}`);
  const files = skipped.length === 1 ? "1 file that" : `${count(skipped.length)} files that`;
  return [
    ...(skipped.length === 0 ? [] : [`left out ${files} could not be read as images:`]),
    ...firstOf(skipped, "zaya data --json names them all", all).map((line) => `  ${line}`),
    ...notesOf(data).map((note) => `note: ${note}`),
    ...warningsOf(data).map((warning) => `warning: ${warning}`),
  ];
}

/** The first of some lines, and how many more there are. */
export function firstOf(lines: readonly string[], where: string, all = false): string[] {
  const more = lines.length - named;
  return all || more <= 0 ? [...lines] : [...lines.slice(0, named), `and ${count(more)} more; ${where}`];
}

/** What is likely wrong with the values of images, of each domain by itself. */
export function warningsOf({ train }: DataSplit): string[] {
  const domains: readonly Dataset[] = hasSides(train) ? [train.sides.a, train.sides.b] : [train];
  return domains.flatMap((domain) => {
    const range = narrowRange(domain);
    if (range === null) return [];
    const where = domains.length === 1 ? "" : `${domain.name}: `;
    return [`${where}${narrowRangeWarning(range, domain.scales)}`];
  });
}

/** How numbers became [0, 1], each type once. */
export function scalesOf({ train, test }: DataSplit): ValueScale[] {
  const parts = [train, test].flatMap((part) => (hasSides(part) ? [part.sides.a, part.sides.b] : [part]));
  const all = parts.flatMap(({ scales }) => scales ?? []);
  return [...new Map(all.map((scale) => [scale.type, scale])).values()];
}

export function scalesLine(scales: readonly ValueScale[]): string {
  const of = ({ type, low, high }: ValueScale): string =>
    high === 1 && type !== "bool" ? `${type}, as they are` : `${type}, ${low} to ${high} taken as 0 to 1`;
  return scales.map(of).join("; ");
}
