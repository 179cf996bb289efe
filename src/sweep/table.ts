import { monteCarlo } from "../numeric/monte-carlo.ts";
import type { Assignment } from "./space.ts";
import { variedParameters } from "./sweep-file.ts";
import { rungsOf } from "./rungs.ts";
import type { SweepLog } from "./sweep-log.ts";
import { SweepState } from "./sweep-state.ts";

/** One trial in the table. */
export interface TrialRow {
  readonly id: string;
  readonly seed: number;
  readonly status: "done" | "stopped" | "diverged" | "failed" | "open";
  readonly step: number | null;
  readonly seconds: number | null;
  readonly value: number | null;
  /** Why it has no value. */
  readonly reason: string | null;
}

/** One configuration: mean and standard error of the metric over its seeds. */
export interface ConfigurationRow {
  readonly configuration: number;
  readonly parameters: Assignment;
  /** `done` if all its trials are, otherwise the status of some of them. */
  readonly status: TrialRow["status"] | "refused";
  readonly mean: number | null;
  /** Null for a single value. */
  readonly stderr: number | null;
  /** Seeds with a value. */
  readonly n: number;
  /** Steps that its trials have done. */
  readonly steps: number;
  readonly trials: readonly TrialRow[];
  /** Why its values were refused. */
  readonly reason: string | null;
}

/** The result of a sweep. */
export interface SweepTable {
  readonly sweep: string;
  readonly recipe: string;
  readonly method: string;
  readonly metric: { readonly name: string; readonly goal: "minimize" | "maximize" };
  /** Those that vary between trials. */
  readonly parameters: readonly string[];
  readonly rows: readonly ConfigurationRow[];
  /** The configuration with the best mean among those whose trials are all done, and its best trial; null if there is none. */
  readonly best: { readonly configuration: number; readonly trial: string } | null;
}

/** The current table of a sweep. */
export function tableOf(name: string, state: SweepState): SweepTable {
  const { file, rungs } = state;
  const last = rungs.length - 1;
  const rows = state.configurations.map((configuration): ConfigurationRow => {
    const trials = configuration.trials.map(({ id, seed }): TrialRow => {
      const end = newestEnd(state, id, configuration.rung);
      if (end === null) return { id, seed, status: "open", step: null, seconds: null, value: null, reason: null };
      if (end.status === "failed")
        return { id, seed, status: "failed", step: null, seconds: null, value: null, reason: end.reason };
      const { step, seconds } = end;
      if (end.status === "diverged")
        return { id, seed, status: "diverged", step, seconds, value: null, reason: end.reason };
      const reason = end.value === null ? `${file.metric.name} was not logged, or was not finite` : null;
      const status = end.status === "paused" ? "stopped" : "done";
      return { id, seed, status, step, seconds, value: end.value, reason };
    });
    const values = trials.flatMap(({ value }) => (value === null ? [] : [value]));
    const { mean, stderr } = values.length === 0 ? { mean: null, stderr: null } : monteCarlo(values);
    return {
      configuration: configuration.number,
      parameters: configuration.parameters,
      status: configuration.refused !== undefined ? "refused" : statusOf(trials),
      mean,
      stderr: stderr === null || Number.isNaN(stderr) ? null : stderr,
      n: values.length,
      steps: trials.reduce((sum, { step }) => sum + (step ?? 0), 0),
      trials,
      reason: configuration.refused ?? null,
    };
  });
  const whole = rows.filter(({ status }) => status === "done");
  const [best] = whole
    .filter(({ configuration }) => Number.isFinite(state.costAt(configuration, last)))
    .toSorted((a, b) => state.costAt(a.configuration, last) - state.costAt(b.configuration, last));
  const sign = file.metric.goal === "minimize" ? 1 : -1;
  const trial = best?.trials.toSorted((a, b) => sign * (a.value! - b.value!))[0];
  return {
    sweep: name,
    recipe: file.recipe,
    method: file.method,
    metric: file.metric,
    parameters: variedParameters(file),
    rows,
    best: best === undefined ? null : { configuration: best.configuration, trial: trial!.id },
  };
}

/** The table of a sweep from its log, without opening its data or model. */
export function loggedTable({ record: { name, file, steps }, events }: SweepLog): SweepTable {
  const state = new SweepState(file, [], rungsOf(file, steps));
  for (const event of events) state.apply(event);
  return tableOf(name, state);
}

function newestEnd(state: SweepState, id: string, rung: number) {
  for (let at = rung; at >= 0; at--) {
    const end = state.endOf(id, at);
    if (end !== null) return end;
  }
  return null;
}

function statusOf(trials: readonly TrialRow[]): TrialRow["status"] {
  const order = ["open", "failed", "diverged", "stopped"] as const;
  return order.find((status) => trials.some((trial) => trial.status === status)) ?? "done";
}

const headings = ["mean", "stderr", "n", "steps", "status"] as const;

/** CSV with a header and one line per configuration. Fields are quoted if necessary. @source RFC 4180. */
export function tableCsv({ parameters, rows }: SweepTable): string {
  const seeds = [...new Set(rows.flatMap(({ trials }) => trials.map(({ seed }) => seed)))];
  const lines = rows.map((row) => [
    row.configuration,
    ...parameters.map((name) => row.parameters[name]),
    ...headings.map((heading) => row[heading]),
    ...seeds.map((seed) => row.trials.find((trial) => trial.seed === seed)?.value ?? null),
  ]);
  const head = ["configuration", ...parameters, ...headings, ...seeds.map((seed) => `seed ${seed}`)];
  return [head, ...lines].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

function csvCell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The rows as text cells, best first: configuration, parameters, mean with standard error, n, steps, status. */
export function tableCells({ parameters, rows, metric, best }: SweepTable): string[][] {
  const sign = metric.goal === "minimize" ? 1 : -1;
  const cost = ({ mean }: ConfigurationRow): number => (mean === null ? Infinity : sign * mean);
  const rank = ({ status }: ConfigurationRow): number => ["done", "stopped"].indexOf(status) >>> 0;
  const sorted = rows.toSorted(
    (a, b) => rank(a) - rank(b) || compare(cost(a), cost(b)) || a.configuration - b.configuration,
  );
  return [
    ["#", ...parameters, metric.name, "n", "steps", "status"],
    ...sorted.map((row) => [
      `${row.configuration}${row.configuration === best?.configuration ? "*" : ""}`,
      ...parameters.map((name) => parameterText(row.parameters[name])),
      valueText(row),
      String(row.n),
      String(row.steps),
      row.status,
    ]),
  ];
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function valueText({ mean, stderr }: ConfigurationRow): string {
  if (mean === null) return "-";
  return `${significantText(mean, 5)}${stderr === null ? "" : ` ± ${significantText(stderr, 2)}`}`;
}

/** A value of a parameter as it is shown: fractions with four digits. Files for programs have all of them. */
export function parameterText(value: unknown): string {
  return typeof value === "number" && !Number.isInteger(value) ? significantText(value, 4) : String(value);
}

function significantText(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/** The same as a Markdown table, followed by the trials without a value. */
export function tableMarkdown(table: SweepTable): string {
  const [head, ...rows] = tableCells(table).map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`,
  );
  const rule = `| ${tableCells(table)[0]!
    .map(() => "---")
    .join(" | ")} |`;
  const failures = failureLines(table).map((line) => `- ${line}\n`);
  return [
    `# ${table.sweep}\n\n`,
    `${table.recipe}, ${table.method}; ${table.metric.name}: mean ± standard error over seeds, ${table.metric.goal}d.\n\n`,
    [head, rule, ...rows].map((line) => `${line}\n`).join(""),
    ...(table.best === null ? [] : [`\n\\* best mean; its best trial is ${table.best.trial}.\n`]),
    ...(failures.length === 0 ? [] : ["\n## Without a value\n\n", ...failures]),
  ].join("");
}

/** A line for each trial without a value and each refused configuration, with its reason. */
export function failureLines({ rows, parameters }: SweepTable): string[] {
  return rows.flatMap(({ configuration, parameters: values, trials, reason }) => {
    const which = [`#${configuration}`, ...parameters.map((name) => `${name} ${parameterText(values[name])}`)].join(
      " ",
    );
    const lines = trials.flatMap((trial) =>
      trial.reason === null
        ? []
        : [
            `${which} seed ${trial.seed} (${trial.id}): ${trial.status === "done" ? "" : `${trial.status}: `}${trial.reason}`,
          ],
    );
    return reason === null ? lines : [`${which}: refused: ${reason}`, ...lines];
  });
}
