import {
  type DataSplit,
  type DataSummary,
  type Modes,
  type NearDuplicates,
  notesOf,
  skippedIn,
} from "../data/index.ts";
import { type FormObject, jsonForm } from "./command.ts";
import { sizeText } from "./config-table.ts";
import { firstOf, scalesLine, scalesOf } from "./data-notices.ts";
import { type VerdictInput, verdictOn } from "./data-verdict.ts";
import { count, counted, number, numberApart, table } from "./format.ts";

/** Data with what is likely wrong with their values. */
export interface Warned {
  readonly data: DataSplit;
  readonly warnings: readonly string[];
}

/** Summary of a data set. */
export interface DataOverview extends VerdictInput, Warned {
  /** Of both splits together. */
  readonly summary: DataSummary;
  /** Name of an item, with both splits numbered as one. */
  nameOf(item: number): string;
}

/** Classes above which they are not listed one by one. */
const maxShownClasses = 30;
/** Where all files are named. */
const everyName = "--json lists all";

type Row = readonly string[];

/** Lines that describe a data set. */
export function linesOf(overview: DataOverview): string[] {
  const { data, summary } = overview;
  const { kind, shape } = summary;
  const axes = kind === "image" ? "height x width x channels" : "coordinates of a point";
  const [items, ...contents] = contentRows(overview);
  return [
    summary.name,
    ...indented([items!, ["shape", `${shape.join(" x ")}  (${axes})`], ...contents, ...sourceRows(data)]),
    ...sourceLines(overview),
    ...copyLines(overview),
    ...verdictLines(overview),
  ];
}

/** Lines for pairs: a description, then each domain separately. */
export function pairLines(pairs: Warned, a: DataOverview, b: DataOverview): string[] {
  const { train, test } = pairs.data;
  const { aligned, unmatched = [] } = train.sides!;
  const partners = unmatched.length === 0 ? "" : `; ${counted(unmatched.length, "file")} without a partner`;
  const rows = [
    ["items", `${sizeText(train)} for training, ${sizeText(test)} for testing`],
    [
      "pairs",
      aligned ? "aligned: the images of a pair are translations of each other" : `two domains, not aligned${partners}`,
    ],
    ["shape", `${a.summary.shape.join(" x ")}  (of either image: height x width x channels)`],
    ...sourceRows(pairs.data),
  ];
  return [
    train.name,
    ...indented(rows),
    ...sourceLines(pairs),
    `A: ${a.summary.name}`,
    ...indented(contentRows(a)),
    ...copyLines(a),
    `B: ${b.summary.name}`,
    ...indented(contentRows(b)),
    ...copyLines(b),
    ...verdictLines(a, b),
  ];
}

/** The last keys of both forms. */
const closingKeys = [
  "notes",
  "warnings",
  "skipped",
  "fingerprint",
  "verdict",
  "augment",
  "size",
  "transforms",
] as const;

/** A data set for a program to read. */
export const overviewForm = jsonForm({
  keys: [
    "name",
    "kind",
    "shape",
    "count",
    "train",
    "test",
    "min",
    "max",
    "mean",
    "dimensions",
    "scales",
    "duplicates",
    "duplicateItems",
    "nearDuplicates",
    "blank",
    "blankItems",
    "classes",
    "modes",
    ...closingKeys,
  ],
  notes: "`train` and `test` count items; `verdict` says what to expect of few or duplicate items, with flags to try",
});

export const pairsForm = jsonForm({
  given: "A B",
  keys: ["name", "kind", "shape", "aligned", "unmatched", "train", "test", "a", "b", ...closingKeys],
  notes: "two domains; `a` and `b` hold one object each",
});

export function objectOf(overview: DataOverview): FormObject<(typeof overviewForm.keys)[number]> {
  const { data, warnings, summary, near } = overview;
  const { train, test } = data;
  const { name, kind, shape, min, max, mean, dimensions, duplicates, constant, classes, fingerprint } = summary;
  return {
    name,
    kind,
    shape,
    count: train.size + test.size,
    train: train.size,
    test: test.size,
    min,
    max,
    mean,
    dimensions,
    scales: scalesOf(data),
    duplicates: duplicates.length,
    duplicateItems: duplicates.map(([first, item]) => ({ item: overview.nameOf(item), of: overview.nameOf(first) })),
    nearDuplicates: near && {
      count: near.pairs.length,
      of: near.of,
      items: near.pairs.map(([item, other]) => ({ item: overview.nameOf(item), near: overview.nameOf(other) })),
    },
    blank: constant.length,
    blankItems: constant.map(overview.nameOf),
    classes: classes === null ? null : Object.fromEntries(classes),
    modes: train.modes === undefined ? null : modeCount(train.modes),
    notes: notesOf(data),
    warnings,
    skipped: skippedIn(data),
    fingerprint,
    ...verdictOn([overview]),
  };
}

export function pairObject(
  { data, warnings }: Warned,
  a: DataOverview,
  b: DataOverview,
): FormObject<(typeof pairsForm.keys)[number]> {
  const { name, kind, shape, size, fingerprint, sides } = data.train;
  return {
    name,
    kind,
    shape,
    aligned: sides!.aligned,
    unmatched: sides!.unmatched ?? [],
    train: size,
    test: data.test.size,
    a: objectOf(a),
    b: objectOf(b),
    notes: notesOf(data),
    warnings,
    skipped: skippedIn(data),
    fingerprint,
    ...verdictOn([a, b]),
  };
}

function contentRows({ data: { train, test }, summary, near }: DataOverview): Row[] {
  const { duplicates, constant, classes, dimensions } = summary;
  const scales = scalesOf({ train, test });
  return [
    ["items", `${count(train.size)} for training, ${count(test.size)} for testing`],
    ["range", rangeWords(summary)],
    ...(dimensions ?? []).map(({ min, max, mean, deviation }, at) => [
      `  x${at + 1}`,
      `${numberApart(min, deviation)} to ${numberApart(max, deviation)}, mean ${numberApart(mean, deviation)}, deviation ${number(deviation)}`,
    ]),
    ...(scales.length === 0 ? [] : [["numbers", scalesLine(scales)]]),
    ...(train.pointScale
      ? [["standardised", "per coordinate for training; all outputs of a run are in the original units"]]
      : []),
    ["duplicates", `${counted(duplicates.length, "item")} equal to an earlier one`],
    ...(near === null ? [] : [["near duplicates", nearLine(near, summary.size)]]),
    ...(constant.length > 0 ? [["blank", `${counted(constant.length, "item")} with a single value`]] : []),
    ...(classes === null ? [] : [["classes", classesLine(classes)]]),
    ...(train.modes === undefined ? [] : [["modes", modesLine(train.modes)]]),
  ];
}

function rangeWords({ min, max, mean }: DataOverview["summary"]): string {
  const spread = max - min;
  return `${numberApart(min, spread)} to ${numberApart(max, spread)}, mean ${numberApart(mean, spread)}`;
}

function sourceRows(data: DataSplit): Row[] {
  const skipped = skippedIn(data).length;
  return [
    ["fingerprint", data.train.fingerprint],
    ...(skipped > 0 || data.train.kind !== "points" ? [["unreadable", counted(skipped, "file")]] : []),
  ];
}

function indented(rows: readonly Row[]): string[] {
  return table(rows).map((line) => `  ${line}`);
}

/** What was skipped, how the data were interpreted, and what is probably wrong. */
function sourceLines({ data, warnings }: Warned): string[] {
  const skipped = skippedIn(data).map(({ file, reason }) => `${file}: ${reason}`);
  return [
    ...firstOf(skipped, everyName).map((line) => `    ${line}`),
    ...notesOf(data).map((note) => `  note: ${note}`),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ];
}

/** Pairs of indices, each pair once. */
function eachOnce(pairs: NearDuplicates["pairs"]): NearDuplicates["pairs"] {
  const partner = new Map(pairs);
  return pairs.filter(([item, other]) => item < other || partner.get(other) !== item);
}

/** Items that are equal, nearly equal or blank, by name. */
function copyLines({ summary: { duplicates, constant }, near, nameOf }: DataOverview): string[] {
  const equal = new Set(duplicates.flat());
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ["duplicates", duplicates.map(([first, item]) => `${nameOf(item)} = ${nameOf(first)}`)],
    [
      "near duplicates",
      eachOnce(near?.pairs ?? [])
        .filter(([item, other]) => !equal.has(item) || !equal.has(other))
        .map(([item, other]) => `${nameOf(item)} ~ ${nameOf(other)}`),
    ],
    ["blank", constant.map(nameOf)],
  ];
  return lists.flatMap(([what, lines]) =>
    lines.length === 0 ? [] : [`  ${what}:`, ...firstOf(lines, everyName).map((line) => `    ${line}`)],
  );
}

function verdictLines(...domains: [DataOverview, ...DataOverview[]]): string[] {
  const { verdict } = verdictOn(domains);
  return verdict === null ? [] : [`verdict: ${verdict}`];
}

function nearLine({ pairs, of }: NearDuplicates, size: number): string {
  const among = of < size ? ` among the first ${count(of)}` : "";
  return `${counted(pairs.length, "item")} nearly equal to another one${among} (mean difference below 2/255 at 8 x 8 pixels)`;
}

/** Each class with its number of items; for many classes, the range of these numbers. */
function classesLine(classes: ReadonlyMap<string, number>): string {
  if (classes.size <= maxShownClasses)
    return [...classes].map(([label, size]) => `${label}: ${count(size)}`).join(", ");
  const sizes = [...classes.values()].toSorted((a, b) => a - b);
  return `${count(classes.size)}, of ${count(sizes[0]!)} to ${count(sizes.at(-1)!)} items`;
}

function modesLine(modes: Modes): string {
  if (modes.kind === "digits") {
    const { channels, classes } = modes;
    return `${count(modeCount(modes))}: one of ${classes} digits in each of ${channels} channels`;
  }
  return `${count(modeCount(modes))}; high-quality within ${number(modes.deviation * modes.within)} of a mode's centre`;
}

function modeCount(modes: Modes): number {
  return modes.kind === "digits" ? modes.classes ** modes.channels : modes.centers.shape[0]!;
}
