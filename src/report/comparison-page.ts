import { lineChart } from "../plot/chart.ts";
import {
  type ComparedMetric,
  type ComparedRun,
  commonCurves,
  compareMetrics,
  configDifferences,
  sameData,
} from "./compare.ts";
import type { KeptEvaluation } from "../evaluation/evaluation-files.ts";
import { type Markup, type Piece, markup } from "../plot/markup.ts";
import { formatNumber } from "../plot/numerals.ts";
import { type Film, type Picture, filmStrips, pictureFigures, renderPage } from "../plot/page.ts";
import { chartGrid } from "./report.ts";
import { imagesSeen } from "./run-curves.ts";
import { filmCaption, filmsOf } from "./run-pictures.ts";
import { buildModel } from "../run/plan.ts";

/** A comparison of runs as one HTML file that opens from disk. */
export async function renderComparison(runs: readonly ComparedRun[]): Promise<string> {
  const films = (await Promise.all(runs.map(filmsOfRun))).flat();
  const reals = (await Promise.all(realsOf(runs))).flat();
  const curves = commonCurves(runs).map((curve, i) => lineChart(curve, `curve-${i}`));
  return renderPage("Comparison of runs", markup``, [
    { id: "runs", title: "Runs", content: [runsTable(runs)] },
    { id: "results", title: "Results", content: resultsTables(runs) },
    { id: "films", title: "Samples over training", content: films.length > 0 ? [filmStrips(films)] : [] },
    { id: "pictures", title: "Training items", content: reals.length > 0 ? [pictureFigures(reals)] : [] },
    { id: "curves", title: "Curves", content: curves.length > 0 ? [chartGrid(curves)] : [] },
    { id: "config", title: "Configuration", content: [differencesTable(runs)] },
  ]);
}

type RunRow = readonly [label: Piece, cells: readonly Piece[]];

/** A table with one column per run. */
function runTable(runs: readonly ComparedRun[], caption: string, rows: readonly RunRow[]) {
  const head = runs.map(({ name }) => markup`<th scope="col" dir="auto">${name}</th>`);
  const lines = rows.map(
    ([label, cells]) => markup`<tr><th scope="row">${label}</th>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`,
  );
  return markup`<div class="wide"><table class="runs"><caption>${caption}</caption><thead><tr><td></td>${head}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

function runsTable(runs: readonly ComparedRun[]): Markup {
  const row = (name: string, tell: (run: ComparedRun) => string): RunRow => [name, runs.map(tell)];
  return runTable(runs, "Runs and their status.", [
    row("recipe", ({ run }) => run.config.recipe),
    row("data", ({ data }) => `${data.name}, ${formatNumber(data.train.size)} items`),
    row("status", ({ run }) => run.state.status),
    row("steps", ({ run }) => `${formatNumber(run.state.step)} of ${formatNumber(run.config.train.steps)}`),
    row("items seen", ({ metrics }) => formatNumber(imagesSeen(metrics))),
    row("training time", ({ run }) => `${formatNumber(Number(run.state.seconds.toFixed(1)))} s`),
  ]);
}

function resultsTables(runs: readonly ComparedRun[]): Markup[] {
  const metrics = compareMetrics(runs);
  if (metrics.length === 0) return [markup`<p>No run has been evaluated. Use zaya eval RUN --metric NAME.</p>`];
  const caption =
    "In brackets the 95 % confidence interval, if known; in parentheses the floor, the value of real items in place of samples.";
  const results = runTable(
    runs,
    caption,
    metrics.map((metric) => metricRow(runs, metric)),
  );
  const parts = metrics.flatMap(partRows);
  if (parts.length === 0) return [results];
  const more = runTable(runs, "Details of the results, by run.", parts);
  return [results, markup`<details open=""><summary>Details of the results</summary>${more}</details>`];
}

function metricRow(runs: readonly ComparedRun[], metric: ComparedMetric): RunRow {
  const { quantity, unit, perfect, cells } = metric;
  const note = [wayOf(metric), ...(perfect === "" ? [] : [`ideal value: ${perfect}`])].join("; ");
  const label = markup`<strong>${quantity}</strong> ${unit}<p class="note">${note}</p>`;
  return [label, cells.map((cell, i) => (cell === null ? notMeasured : measured(cell, runs[i]!.run.state.step)))];
}

const weightsNames = { ema: "EMA parameters if kept", last: "parameters of the last step" } as const;

/** How the results of a row were measured. */
function wayOf({ protocol, weights }: ComparedMetric): string {
  const { n, part, samples, reference, features, options } = protocol;
  const items =
    samples === undefined
      ? [`${formatNumber(n)} ${part} items`]
      : [`${formatNumber(samples)} drawn`, `${formatNumber(reference!)} real`];
  const chosen = Object.entries(options).flatMap(([name, value]) =>
    value === false ? [] : [`${name} ${String(value)}`],
  );
  return [
    ...items,
    ...(features === undefined ? [] : [`features of ${features.id}`]),
    ...(weights === null ? [] : [weightsNames[weights]]),
    ...chosen,
  ].join(", ");
}

const notMeasured = markup`<span class="note">not measured</span>`;

function measured(cell: KeptEvaluation, newest: number): Markup {
  const floor = floorIn(cell);
  const [low, high] = cell.interval.map(formatNumber);
  const interval = cell.interval.every(Number.isFinite) ? markup` <span class="note">[${low!}, ${high!}]</span>` : "";
  const step = cell.step === newest ? "" : markup` <span class="note">at step ${formatNumber(cell.step)}</span>`;
  const beside = cell.beside === undefined ? "" : markup` <span class="note">${cell.beside}</span>`;
  return markup`<strong>${formatNumber(cell.value)}</strong>${interval}${beside}${floor}${step}`;
}

function floorIn({ floor, floorRefusal }: KeptEvaluation): Markup | string {
  if (floorRefusal !== undefined) return markup` <span class="note">(no floor: ${floorRefusal})</span>`;
  return floor === undefined ? "" : markup` <span class="note">(${formatNumber(floor)})</span>`;
}

function partRows({ quantity, weights, cells }: ComparedMetric): RunRow[] {
  const title = weights === "last" ? `${quantity} of the last step` : quantity;
  const names = new Set(cells.flatMap((cell) => Object.keys(cell?.details ?? {})));
  return [...names].flatMap((name): RunRow[] => {
    const details = cells.map((cell) => cell?.details[name]);
    if (details.some((detail) => typeof detail === "object")) return [];
    return [
      [`${title}: ${name}`, details.map((each) => (each === undefined ? notMeasured : formatNumber(each as number)))],
    ];
  });
}

function differencesTable(runs: readonly ComparedRun[]): Markup {
  const rows = configDifferences(runs).map(({ name, values }): RunRow => [name, values.map((value) => value ?? "–")]);
  if (rows.length === 0) return markup`<p>All entries are the same.</p>`;
  return runTable(runs, "Only entries that differ. A dash (–) means that the recipe has no such option.", rows);
}

function filmsOfRun({ name, run, data }: ComparedRun): Promise<Film[]> {
  return filmsOf(run, name, filmCaption(buildModel(run.configured, { ...data, items: data.train.size }), data));
}

/** Real items once for all runs, or for each run if the data differ. */
function realsOf(runs: readonly ComparedRun[]): Promise<Picture[]>[] {
  const shown = sameData(runs) ? runs.slice(0, 1) : runs;
  return shown.map(async ({ name, run: { store }, data }) => {
    const file = "samples/reals.png";
    const title = shown.length === 1 ? data.name : `${data.name} of ${name}`;
    return (await store.has(file))
      ? [{ title, caption: "In the same layout as the samples.", png: await store.read(file) }]
      : [];
  });
}
