import { maxOf } from "../base/many.ts";
import { type Colour, blend } from "./canvas.ts";
import { figure, percent } from "./chart.ts";
import { type Markup, dataTable, markup } from "./markup.ts";
import { formatNumber } from "./numerals.ts";

/** Values by row and step, as brightness. */
export interface Strip {
  readonly title: string;
  readonly caption: string;
  readonly steps: readonly number[];
  /** From the top; one value per step, NaN for none. */
  readonly rows: readonly { readonly label: string; readonly values: readonly number[] }[];
  /** The value of the brightest colour; 0 is the darkest. */
  readonly full: number;
}

/**
 * Monotonic in brightness, and readable with colour vision deficiency. @source Cividis: Nuñez, Anderton, Renslow, PLoS
 * ONE 2018.
 */
const scale: readonly Colour[] = [
  [0, 34, 78],
  [53, 69, 108],
  [102, 105, 112],
  [148, 142, 119],
  [200, 184, 102],
  [254, 232, 56],
];

/** Maximum total height of the rows; more rows are thinner. */
const stripHeight = 480;
const labelledColumns = 6;

/** A heat strip, with its values in a table below. `id` is unique in the page. */
export function heatStrip({ title, caption, steps, rows, full }: Strip, id: string): Markup {
  const row = Math.min(22, stripHeight / rows.length);
  const height = Math.round(row * rows.length);
  const every = Math.ceil(16 / row);
  const cells = rows.flatMap(({ values }, i) =>
    values.map((value, j) => cellOf(value / full, percent(j / steps.length), percent(1 / steps.length), i * row, row)),
  );
  const labels = rows.flatMap((each, i) => (i % every === 0 ? [rowLabels(each, (i + 0.5) * row)] : []));
  const longest = maxOf(rows.map(({ label }) => label.length));
  const description = rows.map(({ label, values }) => `${label}: ${formatNumber(values.at(-1)!)}`).join(", ");
  const plot = markup`<div class="frame bars" dir="ltr" style="padding-left: calc(${longest} * .58em + 12px)">
<svg class="plot" width="100%" height="${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}, by step</title><desc id="${id}-desc">At step ${steps.at(-1)!}: ${description}</desc>
${cells}
${labels}${stepLabels(steps, height)}
</svg></div>`;
  const table = dataTable(
    "Table",
    title,
    ["step", ...rows.map(({ label }) => label)],
    steps.map((step, j) => [step, ...rows.map(({ values }) => values[j])]),
  );
  return figure(title, "", [markup`<p class="note">${caption}</p>`, scaleLegend(full), plot, table]);
}

function cellOf(share: number, left: string, width: string, top: number, height: number): Markup {
  if (!Number.isFinite(share)) return markup``;
  return markup`<rect class="cell" x="${left}" width="${width}" y="${top.toFixed(1)}" height="${height.toFixed(1)}" fill="${inkOf(share)}"/>`;
}

/** The row's name before it and its last value after it. */
function rowLabels({ label, values }: Strip["rows"][number], middle: number): Markup {
  const y = middle.toFixed(1);
  return markup`<text class="tick" x="-8" y="${y}" dy="4" text-anchor="end">${label}</text><text class="tick value" x="100%" dx="60" y="${y}" dy="4" text-anchor="end">${formatNumber(values.at(-1)!)}</text>`;
}

function stepLabels(steps: readonly number[], height: number): Markup[] {
  const every = Math.ceil(steps.length / labelledColumns);
  return steps.flatMap((step, j) => {
    if ((steps.length - 1 - j) % every !== 0) return [];
    const middle = percent((j + 0.5) / steps.length);
    return [
      markup`<text class="tick" x="${middle}" y="${height}" dy="19" text-anchor="middle">${formatNumber(step)}</text>`,
    ];
  });
}

function scaleLegend(full: number): Markup {
  const boxes = Array.from({ length: 12 }, (_, i) => cellOf(i / 11, `${8 * i}`, "8", 0, 12));
  return markup`<p class="note" dir="ltr">0 <svg width="96" height="12" aria-hidden="true">${boxes}</svg> ${formatNumber(full)} and more</p>`;
}

/** Colour for a share of the full value, clamped to [0, 1]. */
function inkOf(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (scale.length - 1);
  const below = Math.min(scale.length - 2, Math.floor(place));
  const ink = blend(scale[below]!, scale[below + 1]!, place - below);
  return `#${ink.map((level) => level.toString(16).padStart(2, "0")).join("")}`;
}
