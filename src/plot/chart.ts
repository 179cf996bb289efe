import { significant } from "../base/digits.ts";
import { type Axis, along, valueAxis } from "./axis.ts";
import { type Cell, Markup, type Piece, dataTable, markup } from "./markup.ts";
import { formatNumber, niceTicks, tickLabels } from "./numerals.ts";
import { type Point, finiteOf, smoothPoints, thinPoints } from "./points.ts";

// Charts as HTML that needs no script. The plot is an SVG without a viewBox: positions are percentages and only the
// lines are stretched, so text and strokes keep their size at every width.

/** A chart of values by training step. */
export interface Curve {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

/** A chart with one value per label, in the order given. */
export interface Bars {
  readonly title: string;
  readonly unit: string;
  readonly values: readonly { readonly label: string; readonly value: number }[];
}

function stepAxis(first: number, last: number): Axis {
  if (first === last) return { from: first - 1, to: first + 1, ticks: [first] };
  return { from: first, to: last, ticks: niceTicks(first, last, 5).filter(Number.isInteger) };
}

/** The range of all values, unless a few outliers would flatten the rest to one line. */
function drawnRange(points: readonly Point[]): [least: number, greatest: number] {
  const sorted = Float64Array.from(points, ([, value]) => value).toSorted();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  const reach = 10 * (at(0.98) - at(0.02));
  if (reach === 0) return [sorted[0]!, sorted.at(-1)!];
  const inside = sorted.filter((value) => value >= at(0.02) - reach && value <= at(0.98) + reach);
  return [inside[0]!, inside.at(-1)!];
}

export function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))}%`;
}

/** A noisy series of more points is drawn smoothed over its raw line; and the maximum number of points of a line. */
const smoothedFrom = 200;
const drawnPoints = 1000;
const plotHeight = 240;

/** The colours of Okabe and Ito with a contrast of 3 : 1 on a light background. */
export const hueColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000"] as const;
const hues = hueColours.length;

/**
 * A line chart, with its values in a table below. If the beginning flattens the rest, the rest is drawn again by
 * itself. `id` is unique in the page.
 */
export function lineChart({ title, unit, series: given }: Curve, id: string): Markup {
  const series = given.map(lineOf);
  const words = unit === "" ? title : `${title}, ${unit}`;
  const plots = [plotOf(words, series, id)];
  const rest = restOf(series);
  if (rest !== null) {
    plots.push(markup`<p class="note part">From step ${formatNumber(rest.from)}:</p>`);
    plots.push(plotOf(`${words}, from step ${formatNumber(rest.from)}`, rest.series, `${id}-rest`));
  }
  const legend = markup`<ul class="legend">${series.map(legendEntry)}</ul>`;
  const notes = noteOf([...smoothingNote(series), ...series.flatMap(lostNote)]);
  return figure(title, unit, [legend, plots, notes, curveTable(title, series)]);
}

/** A series, with moving averages over `window` points if it is too noisy and long for a clear line. */
interface Line extends Series {
  readonly window: number;
  readonly smooth: readonly Point[];
}

function lineOf({ name, points: given }: Series): Line {
  const points = given.filter(([step]) => Number.isFinite(step));
  const noisy = points.length > smoothedFrom && isNoisy(points);
  const window = noisy ? 2 * Math.round(points.length / 100) + 1 : 1;
  return { name, points, window, smooth: window > 1 ? smoothPoints(points, window) : [] };
}

/** Whether the variation of a line exceeds its net change: a loss, unlike a learning rate. */
function isNoisy(points: readonly Point[]): boolean {
  const finite = finiteOf(points);
  if (finite.length === 0) return false;
  const travelled = finite.reduce((sum, [, value], i) => sum + Math.abs(value - finite[Math.max(0, i - 1)]![1]), 0);
  return travelled > 4 * heightOf(finite);
}

function plotOf(words: string, series: readonly Line[], id: string): Markup {
  const finite = finiteOf(series.flatMap(({ points }) => points));
  if (finite.length === 0) return markup`<p class="note">No finite values to draw.</p>`;
  const x = stepAxis(...rangeOf(series.flatMap(({ points }) => points.map(([step]) => step))));
  const y = valueAxis(...drawnRange(finite));
  const lines = series.map((line, i) => drawLine(line, i, x, y));
  const description = series.map(({ name, points }) => `${name}: ${inWords(points)}.`).join(" ");
  return markup`<div class="frame" dir="ltr">
<svg class="plot" width="100%" height="${plotHeight}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${words}, by step</title><desc id="${id}-desc">${description}</desc>
${gridOf(x, y)}
<svg width="100%" height="100%" viewBox="0 0 1000 1000" preserveAspectRatio="none">${lines.map(({ paths }) => paths)}</svg>
${lines.map(({ marks }) => marks)}
</svg></div>
${noteOf(series.flatMap((line) => beyondNote(line, y)))}`;
}

/** The last four fifths of the steps, if their values are close together on the scale of the whole. */
function restOf(series: readonly Line[]): { from: number; series: Line[] } | null {
  const finite = finiteOf(series.flatMap(({ points }) => points));
  if (finite.length === 0) return null;
  const [first, last] = rangeOf(finite.map(([step]) => step));
  const from = significant(first + (last - first) / 5, 2);
  const late = finite.filter(([step]) => step >= from);
  if (late.length < 10) return null;
  const height = heightOf(late);
  if (height === 0 || height > 0.3 * heightOf(finite)) return null;
  const cut = (points: readonly Point[]) => points.filter(([step]) => step >= from);
  return {
    from,
    series: series.map((line) => ({ ...line, points: cut(line.points), smooth: cut(line.smooth) })),
  };
}

function heightOf(points: readonly Point[]): number {
  const [low, high] = drawnRange(points);
  return high - low;
}

/** Minimum and maximum; works for more numbers than a call can take as arguments. */
function rangeOf(values: readonly number[]): [least: number, greatest: number] {
  return values.reduce<[number, number]>(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Infinity, -Infinity],
  );
}

function noteOf(notes: readonly string[]): Piece {
  return notes.length > 0 ? markup`<p class="note">${notes.join(" ")}</p>` : "";
}

export function figure(title: string, unit: string, content: readonly Piece[]): Markup {
  const of = unit && markup` <span class="unit">${unit}</span>`;
  return markup`<figure class="chart"><figcaption><h3 dir="auto">${title}${of}</h3></figcaption>${content}</figure>`;
}

function legendEntry({ name, points, smooth }: Line, i: number): Markup {
  const end = smooth.at(-1) ?? points.at(-1);
  const value = end === undefined ? "no values" : formatNumber(end[1]);
  return markup`<li><svg width="28" height="8" aria-hidden="true"><line x1="1" y1="4" x2="27" y2="4" class="line ${styleOf(i)}"/></svg> <span>${name}</span> <strong>${value}</strong></li>`;
}

function styleOf(i: number): string {
  return `hue${i % hues} dash${i % 4}`;
}

function drawLine({ points, smooth }: Line, i: number, x: Axis, y: Axis) {
  const thinned = thinPoints(points, drawnPoints);
  const path = (style: string, drawn: readonly Point[]) =>
    markup`<path class="line ${style}" d="${pathOf(drawn, x, y)}"/>`;
  const paths =
    smooth.length === 0 ? [path(styleOf(i), thinned)] : [path(`raw hue${i % hues}`, thinned), path(styleOf(i), smooth)];
  return { paths, marks: marksOf(thinned, i, x, y) };
}

/** A line through the points, in thousandths of the plot; broken at gaps. */
function pathOf(points: readonly Point[], x: Axis, y: Axis): string {
  let pen = "M";
  let path = "";
  for (const [step, value] of points) {
    if (Number.isFinite(value)) {
      path += `${pen}${(1000 * along(x, step)).toFixed(1)} ${(1000 * (1 - along(y, value))).toFixed(1)}`;
      pen = "L";
    } else {
      pen = "M";
    }
  }
  return path;
}

/** Marks for what a line cannot show: isolated points, non-finite values, and values beyond the axis. */
function marksOf(points: readonly Point[], i: number, x: Axis, y: Axis): Markup[] {
  const kindAt = (index: number) => {
    const value = points[index]?.[1];
    if (value === undefined || !Number.isFinite(value)) return value === undefined ? "end" : "gap";
    return value > y.to ? "above" : value < y.from ? "below" : "inside";
  };
  return points.flatMap(([step, value], index) => {
    const [kind, before, after] = [kindAt(index), kindAt(index - 1), kindAt(index + 1)];
    const left = percent(along(x, step));
    if (kind === "inside") {
      const alone = ["end", "gap"].includes(before) && ["end", "gap"].includes(after);
      const top = percent(1 - along(y, value));
      return alone ? [markup`<circle class="dot hue${i % hues}" cx="${left}" cy="${top}" r="3.5"/>`] : [];
    }
    if (kind === before) return [];
    const [top, glyph] = kind === "gap" ? ["0", "×"] : kind === "above" ? ["0", "▲"] : ["100%", "▼"];
    return [markup`<text class="mark hue${i % hues}" x="${left}" y="${top}">${glyph}</text>`];
  });
}

function gridOf(x: Axis, y: Axis): Markup {
  const across = tickLabels(y.ticks).map((text, i) => {
    const top = percent(1 - along(y, y.ticks[i]!));
    return markup`<line class="grid" x1="0" x2="100%" y1="${top}" y2="${top}"/><text class="tick" x="-8" y="${top}" dy="4" text-anchor="end">${text}</text>`;
  });
  const down = tickLabels(x.ticks).map((text, i) => {
    const left = percent(along(x, x.ticks[i]!));
    return markup`<line class="axis" x1="${left}" x2="${left}" y1="100%" y2="${plotHeight + 5}"/><text class="tick" x="${left}" y="100%" dy="19" text-anchor="middle">${text}</text>`;
  });
  return markup`${across}${down}<line class="axis" x1="0" x2="100%" y1="100%" y2="100%"/><text class="tick" x="100%" y="100%" dy="35" text-anchor="end">step</text>`;
}

function inWords(points: readonly Point[]): string {
  const finite = finiteOf(points);
  if (finite.length === 0) return "no finite values";
  const say = ([step, value]: Point) => `${formatNumber(value)} at step ${formatNumber(step)}`;
  const [low, high] = finite.reduce(
    ([a, b], point) => [point[1] < a[1] ? point : a, point[1] > b[1] ? point : b],
    [finite[0]!, finite[0]!],
  );
  if (finite.length === 1) return say(low);
  return `from ${say(finite[0]!)} to ${say(finite.at(-1)!)}; minimum ${say(low)}, maximum ${say(high)}`;
}

function smoothingNote(lines: readonly Line[]): string[] {
  const used = [...new Set(lines.map(({ window }) => window).filter((window) => window > 1))];
  if (used.length === 0) return [];
  return [
    `Bold: mean of ${used.join(" or ")} neighbouring values; the legend shows its last value. Faint: the values themselves.`,
  ];
}

function lostNote({ name, points }: Series): string[] {
  const lost = points.filter(([, value]) => !Number.isFinite(value));
  if (lost.length === 0) return [];
  return [`${name}: ${shareOf(lost, points)} not finite (×), the first at step ${formatNumber(lost[0]![0])}.`];
}

function beyondNote({ name, points }: Series, y: Axis): string[] {
  const beyond = finiteOf(points).filter(([, value]) => value < y.from || value > y.to);
  if (beyond.length === 0) return [];
  const [step, value] = beyond.reduce((a, b) => (Math.abs(b[1]) > Math.abs(a[1]) ? b : a));
  return [
    `${name}: ${shareOf(beyond, points)} beyond the axis (▲▼), as far as ${formatNumber(value)} at step ${formatNumber(step)}.`,
  ];
}

function shareOf(part: readonly Point[], points: readonly Point[]): string {
  return `${formatNumber(part.length)} of ${formatNumber(points.length)} values`;
}

/** Rows of a table before its series are thinned. */
const tableRows = 200;

function curveTable(title: string, series: readonly Series[]): Markup {
  const columns = series.map(({ points }) => new Map(points));
  const row = (step: number): Cell[] => [step, ...columns.map((column) => column.get(step))];
  const steps = new Set(series.flatMap(({ points }) => thinPoints(points, tableRows).map(([step]) => step)));
  const rows = [...steps].toSorted((a, b) => a - b).map(row);
  const all = new Set(series.flatMap(({ points }) => points.map(([step]) => step))).size;
  const thinned = `: ${formatNumber(steps.size)} of ${formatNumber(all)} steps, including the smallest and largest values`;
  const caption = steps.size < all ? title + thinned : title;
  return dataTable("Table", caption, ["step", ...series.map(({ name }) => name)], rows);
}

/** Maximum total height of the bars; more bars are thinner. */
const barsHeight = 640;

/** A chart of horizontal bars from zero, with its values in a table below. `id` is unique in the page. */
export function barChart({ title, unit, values }: Bars, id: string): Markup {
  const finite = values.map(({ value }) => value).filter(Number.isFinite);
  const [low, high] = rangeOf([0, ...finite]);
  const axis = low === high ? valueAxis(0, 1) : valueAxis(low, high);
  const row = Math.min(22, barsHeight / Math.max(1, values.length));
  const every = Math.ceil(16 / row);
  const height = Math.round(row * values.length);
  const bars = values.map((entry, i) => barOf(entry, i, { axis, row, labelled: i % every === 0 }));
  const longest = values.reduce((length, { label }) => Math.max(length, Math.min(longestLabel, label.length)), 0);
  const words = values
    .slice(0, 10)
    .map(({ label, value }) => `${label} ${formatNumber(value)}`)
    .join(", ");
  const rest = values.length > 10 ? `, and ${values.length - 10} more` : "";
  const plot = markup`<div class="frame bars" dir="ltr" style="padding-left: calc(${longest} * .58em + 12px)">
<svg class="plot" width="100%" height="${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}${unit && `, ${unit}`}</title><desc id="${id}-desc">${words}${rest}</desc>
${barGrid(axis, height)}
${bars}
</svg></div>`;
  const table = dataTable(
    "Table",
    title,
    ["name", unit || "value"],
    values.map(({ label, value }) => [label, value]),
  );
  return figure(title, unit, [plot, table]);
}

const longestLabel = 16;

function barOf(
  { label, value }: Bars["values"][number],
  i: number,
  { axis, row, labelled }: { axis: Axis; row: number; labelled: boolean },
): Markup {
  const [start, stop] = [along(axis, Math.min(0, value)), along(axis, Math.max(0, value))];
  const space = row > 12 ? 6 : row > 3 ? 1 : 0;
  const rect = Number.isFinite(value)
    ? markup`<rect class="bar" x="${percent(start)}" width="${percent(stop - start)}" y="${(i * row + space / 2).toFixed(1)}" height="${(row - space).toFixed(1)}"/>`
    : "";
  if (!labelled) return markup`${rect}`;
  const middle = ((i + 0.5) * row).toFixed(1);
  const letters = Array.from(label);
  const short = letters.length > longestLabel ? `${letters.slice(0, longestLabel - 1).join("")}…` : label;
  return markup`${rect}<text class="tick" x="-8" y="${middle}" dy="4" text-anchor="end">${short}</text><text class="tick value" x="100%" dx="60" y="${middle}" dy="4" text-anchor="end">${formatNumber(value)}</text>`;
}

function barGrid({ ticks, ...axis }: Axis, height: number): Markup {
  const labels = tickLabels(ticks);
  const zero = ticks.indexOf(0);
  const every = ticks.length > 4 ? 2 : 1;
  const lines = ticks.map((tick, i) => {
    const left = percent(along(axis, tick));
    const text = markup`<text class="tick" x="${left}" y="${height}" dy="19" text-anchor="middle">${labels[i]!}</text>`;
    return markup`<line class="${i === zero ? "axis" : "grid"}" x1="${left}" x2="${left}" y1="0" y2="100%"/>${(i - zero) % every === 0 ? text : ""}`;
  });
  return markup`${lines}`;
}

export const chartStyle = `
:root { ${hueColours.map((colour, i) => `--hue${i}: ${colour};`).join(" ")} }
@media (prefers-color-scheme: dark) {
  :root { --hue0: #56b4e9; --hue1: #e69f00; --hue2: #009e73; --hue3: #cc79a7; --hue4: #f0e442; }
}
${Array.from({ length: hues }, (_, i) => `.hue${i} { --hue: var(--hue${i}); }`).join("\n")}
.chart { margin: 0; min-width: 0; }
.frame { font-size: .75rem; padding: 8px 14px 42px 52px; }
.frame.bars { padding: 4px 64px 26px 52px; }
.plot { display: block; overflow: visible; }
.grid, .axis { stroke: var(--edge); shape-rendering: crispEdges; }
.axis { stroke: var(--muted); }
.tick { fill: var(--muted); font-variant-numeric: tabular-nums; }
.tick.value { fill: var(--text); }
.line { fill: none; stroke: var(--hue); stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.part { margin-block-start: .5rem; }
.raw { stroke-width: 1; opacity: .4; }
.behind { stroke-width: 1; opacity: .5; }
.frame.parallel { padding: 8px 14px 42px; overflow-x: auto; overflow-y: hidden; }
.parallel .tick { paint-order: stroke; stroke: var(--card); stroke-width: 3px; stroke-linejoin: round; }
.dash1 { stroke-dasharray: 7 3; }
.dash2 { stroke-dasharray: 2 3; }
.dash3 { stroke-dasharray: 9 3 2 3; }
.dot, .mark { fill: var(--hue); }
.mark { font-size: .875rem; font-weight: 700; text-anchor: middle; }
.bar { fill: var(--hue0); }
.cell { shape-rendering: crispEdges; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: .25rem 0; padding: 0; font-size: .875rem; }
.legend strong { font-variant-numeric: tabular-nums; }
`;
