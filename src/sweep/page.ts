import { barChart } from "../plot/chart.ts";
import { dataTable, markup } from "../plot/markup.ts";
import { formatNumber } from "../plot/numerals.ts";
import { renderPage } from "../plot/page.ts";
import { type Parallel, type ParallelAxis, parallelCoordinates } from "../plot/parallel.ts";
import { minOf, maxOf } from "../base/many.ts";
import { type Importance, importances } from "./importance.ts";
import { type SweepTable, failureLines, tableCells } from "./table.ts";

/** Maximum number of lines drawn: those of the best configurations. */
const drawnLines = 500;

/** The result of a sweep as a self-contained HTML page: table, parallel coordinates, importance, failures. */
export function sweepPage(table: SweepTable): string {
  const { sweep, recipe, method, metric, rows, best } = table;
  const [head, ...cells] = tableCells(table) as [string[], ...string[][]];
  const trials = rows.reduce((sum, row) => sum + row.trials.length, 0);
  const intro = markup`<p>${recipe}, ${method}: ${rows.length} configurations, ${trials} trials. ${metric.name}, ${metric.goal}d: mean ± standard error over seeds${best === null ? "" : `; best #${best.configuration}, run ${best.trial}`}.</p>`;
  const failures = failureLines(table).map((line) => markup`<li>${line}</li>`);
  const parallel = parallelOf(table);
  const shares = importancesShown(table).map(({ parameter, share }) => ({ label: parameter, value: share }));
  return renderPage(sweep, intro, [
    { id: "table", title: "Table", content: [markup`${dataTable("All configurations", sweep, head, cells, true)}`] },
    {
      id: "parameters",
      title: "Parameters",
      content: [
        ...(parallel === null ? [] : [parallelCoordinates(parallel, "parallel")]),
        ...(shares.length > 0
          ? [
              barChart({ title: "Importance", unit: "share of variance", values: shares }, "importance"),
              markup`<p class="note">${importanceNote}</p>`,
            ]
          : []),
      ],
    },
    { id: "failures", title: "Without a value", content: failures.length === 0 ? [] : [markup`<ul>${failures}</ul>`] },
  ]);
}

/** What the importance of a parameter is. */
export const importanceNote =
  "The share of the variance between configurations that one parameter explains by itself, corrected for chance. Interactions are left out.";

/** The importance of each parameter; empty if too few configurations are done. */
export function importancesShown(table: SweepTable): Importance[] {
  const done = table.rows.filter(({ status, mean }) => status === "done" && mean !== null).length;
  return table.parameters.length > 0 && done > 2 ? importances(table) : [];
}

/** Parameters and metric of the configurations as parallel coordinates; null if fewer than two have a value. */
export function parallelOf({ parameters, metric, best, rows }: SweepTable): Parallel | null {
  const measured = rows.filter(({ mean }) => mean !== null);
  if (parameters.length === 0 || measured.length < 2) return null;
  const sign = metric.goal === "minimize" ? 1 : -1;
  const shown = measured.toSorted((a, b) => sign * (a.mean! - b.mean!)).slice(0, drawnLines);
  const axes = [
    ...parameters.map((name) =>
      axisOf(
        name,
        shown.map((row) => row.parameters[name]),
      ),
    ),
    axisOf(
      metric.name,
      shown.map(({ mean }) => mean),
    ),
  ];
  const lines = shown.map((row) => {
    const values = [...parameters.map((name) => row.parameters[name]), row.mean];
    return {
      name: `#${row.configuration}`,
      places: values.map((value, i) => axes[i]!.placeOf(value)),
      cells: values.map((value) => (typeof value === "number" ? value : String(value))),
      emphasised: row.configuration === best?.configuration,
    };
  });
  const left = measured.length - shown.length;
  const note = `The best configuration is drawn in the second colour.${left > 0 ? ` The ${left} worst are left out.` : ""}`;
  return { title: "Parameters and metric", axes, lines, note };
}

interface ScaledAxis extends ParallelAxis {
  placeOf(value: unknown): number | null;
}

/** A numeric axis, logarithmic if the values span a factor of 20; other values in order of appearance. */
function axisOf(name: string, values: readonly unknown[]): ScaledAxis {
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length < values.length) {
    const words = [...new Set(values.map(String))];
    const at = (i: number): number => (words.length === 1 ? 0.5 : i / (words.length - 1));
    const ticks = words.map((label, i) => ({ at: at(i), label }));
    return { name, ticks, placeOf: (value) => at(words.indexOf(String(value))) };
  }
  const [least, most] = [minOf(numbers), maxOf(numbers)];
  const log = least > 0 && most / least >= 20;
  const scale = (value: number): number => (log ? Math.log(value) : value);
  const placeOf = (value: unknown): number =>
    least === most ? 0.5 : (scale(value as number) - scale(least)) / (scale(most) - scale(least));
  const distinct = [...new Set(numbers)].toSorted((a, b) => a - b);
  const middle = log ? Math.sqrt(least * most) : (least + most) / 2;
  const marked = distinct.length <= 6 ? distinct : [least, middle, most];
  return { name, ticks: marked.map((value) => ({ at: placeOf(value), label: formatNumber(value) })), placeOf };
}
