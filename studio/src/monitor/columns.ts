import type { RunRow, Scalar } from "../../../src/monitor/api.ts";
import { duration, shown } from "../shell/numbers.ts";

/** A column of the table of runs. */
export interface Column {
  readonly id: string;
  readonly title: string;
  readonly numeric: boolean;
  value(row: RunRow): Scalar | undefined;
  /** The value as a person reads it. */
  text(row: RunRow): string;
}

function textOf(value: Scalar | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "number" ? shown(value) : String(value);
}

/** Entries that say how a run is kept, and not what it learns. */
const hidden = /^(data\.dataDir|train\.(logEvery|sampleEvery|checkpointEvery|keep))$/;

const fixed: readonly Column[] = [
  {
    id: "started",
    title: "started",
    numeric: false,
    value: ({ started }) => started,
    text: ({ started }) => (started ?? "").slice(0, 16).replace("T", " "),
  },
  { id: "recipe", title: "recipe", numeric: false, value: ({ recipe }) => recipe, text: ({ recipe }) => recipe ?? "" },
  {
    id: "step",
    title: "step",
    numeric: true,
    value: ({ step }) => step,
    text: ({ step, steps }) => (steps === 0 ? String(step) : `${step} / ${steps}`),
  },
  {
    id: "seconds",
    title: "time",
    numeric: true,
    value: ({ seconds }) => seconds,
    text: ({ seconds }) => duration(seconds),
  },
  {
    id: "warnings",
    title: "warnings",
    numeric: true,
    value: ({ warnings }) => warnings,
    text: ({ warnings }) => String(warnings),
  },
];

/** The columns by which runs differ: entries of their configs that are not the same in all of them, and their results. */
export function columnsOf(rows: readonly RunRow[]): Column[] {
  const readable = rows.filter(({ status }) => status !== "broken");
  const values = new Map<string, Set<Scalar>>();
  const results = new Set<string>();
  for (const { config, results: found } of readable) {
    for (const [path, value] of Object.entries(config)) {
      if (hidden.test(path) || path === "recipe") continue;
      let seen = values.get(path);
      if (seen === undefined) values.set(path, (seen = new Set()));
      seen.add(value);
    }
    for (const name of Object.keys(found)) results.add(name);
  }
  const counts = new Map<string, number>();
  for (const { config } of readable) for (const path in config) counts.set(path, (counts.get(path) ?? 0) + 1);
  const differing = [...values].filter(([path, seen]) => seen.size > 1 || counts.get(path)! < readable.length);
  return [
    ...fixed,
    ...[...results].map((name): Column => ({
      id: `result/${name}`,
      title: name,
      numeric: true,
      value: (row) => row.results[name],
      text: (row) => textOf(row.results[name]),
    })),
    ...differing.map(([path]): Column => ({
      id: path,
      title: path.replace(/^(model|train)\./, ""),
      numeric: readable.every(({ config }) => config[path] === undefined || typeof config[path] === "number"),
      value: (row) => row.config[path],
      text: (row) => textOf(row.config[path]),
    })),
  ];
}

/** What words are looked for in, kept with each row. */
const texts = new WeakMap<RunRow, string>();

function searched(row: RunRow): string {
  let text = texts.get(row);
  if (text === undefined) {
    const entries = Object.entries(row.config).map(([name, value]) => `${name}=${value}`);
    text = [row.id, row.status, row.recipe, ...entries].join(" ").toLowerCase();
    texts.set(row, text);
  }
  return text;
}

/** Rows in which every word is found: in the run's name, or as `entry=value` in its config. */
export function filtered(rows: readonly RunRow[], words: string): readonly RunRow[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return wanted.length === 0 ? rows : rows.filter((row) => wanted.every((word) => searched(row).includes(word)));
}

/** `run-9` before `run-10`. */
const collator = new Intl.Collator("en", { numeric: true });

/** Rows by a column; those without a value come last either way. */
export function sorted(rows: readonly RunRow[], { value }: Pick<Column, "value">, falling: boolean): readonly RunRow[] {
  return rows.toSorted((a, b) => {
    const [x, y] = [value(a) ?? null, value(b) ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    const order = typeof x === "number" && typeof y === "number" ? x - y : collator.compare(String(x), String(y));
    return falling ? -order : order;
  });
}
