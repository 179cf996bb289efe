import { significant } from "../base/digits.ts";
import type { Picture, Row, Scale } from "./row.ts";

/** A result file: what one run of a row found. */
export interface RowResult {
  readonly row: string;
  readonly scale: Scale;
  readonly passed: boolean;
  /**
   * NAME, its standard error as NAMEStderr, the standard deviation over seeds as NAMESpread, and the ends of a 95 % interval
   * as NAMELow and NAMEHigh; null for a number that is not defined.
   */
  readonly values: Readonly<Record<string, number | null>>;
  readonly paper: Readonly<Record<string, number>>;
  /** The verdict on the numbers. */
  readonly remarks?: readonly string[];
  readonly seeds: readonly number[];
  readonly seconds: number;
  /** Peak memory of the process in bytes. */
  readonly peakMemory?: number;
  /** Number of trained models, and the symptoms that `diagnose` found in each. */
  readonly trainings?: {
    readonly count: number;
    readonly warned: readonly { readonly label: string; readonly symptom: string; readonly evidence: string }[];
  };
  readonly machine: string;
  /** ISO 8601. */
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** File name of a row's picture, next to its result file. */
export function pictureFile(result: Pick<RowResult, "row" | "scale">, name: string, picture: Picture): string {
  const kebab = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `${pictureStart(result)}${kebab}${pictureEndings[typeof picture === "string" ? 0 : 1]}`;
}

const pictureEndings = [".svg", ".png"] as const;

function pictureStart({ row, scale }: Pick<RowResult, "row" | "scale">): string {
  return `${row}-${scale}-`;
}

/**
 * docs/reproductions.md from result files: rows in order, including those that were missed or never run.
 * @param pictures Names of the pictures next to the result files.
 */
export function documentRows(
  rows: readonly Row[],
  results: readonly RowResult[],
  pictures: readonly string[] = [],
): string {
  const sections = rows.map((row) =>
    section(
      row,
      results.filter(({ row: name }) => name === row.name),
      pictures,
    ),
  );
  return [
    "# Reproductions",
    "",
    "Generated from the files in `docs/reproductions/` by `npm run reproductions`; each comes from `zaya repro ROW --scale full`.",
    "For `ring`, `grid`, `cyclegan-digits`, `cyclegan-small-data` and `dag-small-data` training runs were started separately, with the same code; training times were measured while other jobs were running.",
    "Rows that missed their acceptance criterion are included. Values are means over seeds; where a row counts pairs of seeds, the values for each seed are in its result file.",
    "",
    ...sections,
  ].join("\n");
}

function section(row: Row, results: readonly RowResult[], pictures: readonly string[]): string {
  const head = [
    `## ${row.name}`,
    "",
    `${row.summary[0]!.toUpperCase()}${row.summary.slice(1)}.`,
    "",
    `Source: ${row.source}. Criterion: ${row.criterion}.`,
    "",
  ];
  if (results.length === 0) return [...head, "Not run yet.", ""].join("\n");
  return [
    ...head,
    ...results.flatMap((result) => [
      ...table(row, result),
      ...(result.remarks ?? []).flatMap((remark) => [remark, ""]),
      ...diagnoses(result),
      ...links(result, pictures),
    ]),
  ].join("\n");
}

function links(result: RowResult, pictures: readonly string[]): string[] {
  const before = pictureStart(result);
  return pictures.flatMap((file) => {
    const ending = pictureEndings.find((each) => file.endsWith(each));
    if (!file.startsWith(before) || ending === undefined) return [];
    const name = file.slice(before.length, -ending.length).replaceAll("-", " ");
    return [`![${result.row}: ${name}](reproductions/${file})`, ""];
  });
}

/** Maximum number of training runs listed per symptom; the others are in the result file. */
const maxLabels = 8;

/** The findings of `diagnose`, by symptom. */
function diagnoses({ trainings }: RowResult): string[] {
  if (trainings === undefined || trainings.count === 0) return [];
  const { count, warned } = trainings;
  const models = `${count} training run${count === 1 ? "" : "s"}`;
  if (warned.length === 0) return [`Findings in ${models}: none.`, ""];
  const symptoms = [...new Set(warned.map(({ symptom }) => symptom))].map((symptom) => {
    const labels = warned.filter((warning) => warning.symptom === symptom).map(({ label }) => label);
    const more = labels.length - maxLabels;
    return `${symptom} (${labels.slice(0, maxLabels).join("; ")}${more > 0 ? `; and ${more} more` : ""})`;
  });
  return [`Findings in ${models}: ${symptoms.join(", ")}.`, ""];
}

/** Whether a name denotes the value of a single seed. */
const ofOneSeed = /seed ?\d+$/;

/** The values of a result with their errors, by name as text, without values of single seeds, which only the file contains. */
export function valueTexts({ values }: Pick<RowResult, "values">): { readonly name: string; readonly text: string }[] {
  return Object.entries(values)
    .filter(([name]) => !/(Stderr|Spread|Low|High)$/.test(name) && !ofOneSeed.test(name))
    .map(([name, value]) => {
      const error = values[`${name}Stderr`];
      const spread = values[`${name}Spread`];
      const ends = [values[`${name}Low`], values[`${name}High`]];
      const parts = [
        value === null ? "not defined" : significant(value, 5),
        isNumber(error) && `± ${error.toPrecision(2)}`,
        isNumber(spread) && `(spread over seeds ${spread.toPrecision(2)})`,
        ends.every(isNumber) && `(95 %: ${ends.map((end) => significant(end, 4)).join(" to ")})`,
      ];
      return { name, text: parts.filter((part) => part !== false).join(" ") };
    });
}

function table(row: Row, result: RowResult): string[] {
  const { scale, passed, paper, seeds, seconds, peakMemory, machine, date } = result;
  const lines = valueTexts(result).map(({ name, text }) => {
    const published = paper[name];
    return `| ${name} | ${published === undefined ? "" : significant(published, 5)} | ${text} |`;
  });
  const drawn = seeds.length === 0 ? "No random numbers" : `Seed${seeds.length > 1 ? "s" : ""} ${seeds.join(", ")}`;
  const memory = peakMemory === undefined ? "" : ` and at most ${Math.round(peakMemory / 1e6)} MB`;
  return [
    `**${scale}: ${passed ? "met" : "missed"}.** ${row.scales[scale]}. ${drawn}, ${(seconds / 60).toFixed(1)} minutes${memory} on ${machine}, ${date.slice(0, 10)}.`,
    "",
    "| value | published | ours |",
    "|---|---|---|",
    ...lines,
    "",
  ];
}

/** False if the row has no such number, or it is not defined. */
function isNumber(value: number | null | undefined): value is number {
  return typeof value === "number";
}
