import { significant } from "../base/digits.ts";
import { maxOf, minOf } from "../base/many.ts";
import { type Axis, along, logAxis, valueAxis } from "./axis.ts";
import { hueColours } from "./chart.ts";
import { type Markup, markup } from "./markup.ts";
import { formatNumber, tickLabels } from "./numerals.ts";

// Pictures as standalone files: SVG with its own size, background, colours and fonts.

/** Label and scale of an axis. */
export interface Measure {
  readonly label: string;
  /** Logarithmic; all values must be positive. */
  readonly log?: boolean;
}

/** A point of a chart. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  /** Standard error along y. */
  readonly error?: number;
  /** Text next to the mark. */
  readonly label?: string;
}

/** Points of one series of a chart. */
export interface MarkSeries {
  readonly name: string;
  readonly marks: readonly Mark[];
  /** Whether the marks are joined by a line, in the order given. */
  readonly joined?: boolean;
  /** Whether the marks themselves are omitted, for the points of a curve. */
  readonly bare?: boolean;
}

/** A scatter plot, by series. */
export interface Scatter {
  readonly title: string;
  readonly x: Measure;
  readonly y: Measure;
  readonly series: readonly MarkSeries[];
}

/** A histogram of one or several series on one axis. */
export interface Histogram {
  readonly title: string;
  readonly x: Measure;
  readonly series: readonly { readonly name: string; readonly values: ArrayLike<number> }[];
  /** A reference value, drawn as a vertical line. */
  readonly reference?: { readonly label: string; readonly value: number };
}

const [width, height] = [680, 440] as const;
const area = { left: 76, right: width - 24, top: 72, bottom: height - 56 } as const;
const [edge, muted, text] = ["#d8dee4", "#56606b", "#1b1f24"] as const;
const dashes = ["none", "8 3", "2 3", "9 3 2 3"] as const;

/** The plot area in pixels. */
interface Frame {
  readonly x: Axis & Measure;
  readonly y: Axis & Measure;
  px(x: number): number;
  py(y: number): number;
}

/** A scatter plot as the text of an SVG file; series differ in colour and in the dashes of their lines. */
export function scatterPlot({ title, x, y, series }: Scatter): string {
  const marks = series.flatMap((each) => each.marks);
  const ends = marks.flatMap(({ y: value, error = 0 }) => (y.log === true ? [value] : [value - error, value + error]));
  const across = marks.map((mark) => mark.x);
  const frame = frameOf(x, y, axisOf(x, across), axisOf(y, ends));
  const drawn = series.map((each, i) => drawMarks(each, i, frame));
  return document(title, [gridOf(frame), legendOf(series), drawn]);
}

/**
 * A histogram as the text of an SVG file: shares of each series by bins of equal width; the number of outliers is
 * stated.
 */
export function histogramPlot({ title, x, series, reference }: Histogram): string {
  const axis = valueAxis(...shownRange(series.map(({ values }) => values)));
  const counted = series.map(({ name, values }) => ({ name, ...shares(values, axis) }));
  const y: Measure = { label: "share of draws in a bin" };
  const frame = frameOf(x, y, axis, valueAxis(0, maxOf(counted.flatMap(({ heights }) => heights))));
  const outlines = counted.map(({ heights }, i) => outlineOf(heights, i, frame));
  const beyond = counted.map(
    (each, i) =>
      markup`<text x="${area.right - 6}" y="${area.top + 18 + 17 * i}" text-anchor="end" fill="${muted}">${each.name}: ${formatNumber(significant(100 * each.beyond, 2))} % beyond</text>`,
  );
  const line = reference === undefined ? "" : referenceOf(reference, frame);
  return document(title, [
    gridOf(frame),
    legendOf(series.map(({ name }) => ({ name, joined: true }))),
    outlines,
    beyond,
    line,
  ]);
}

function axisOf({ log }: Measure, values: readonly number[]): Axis {
  return (log === true ? logAxis : valueAxis)(minOf(values), maxOf(values));
}

function frameOf(across: Measure, up: Measure, x: Axis, y: Axis): Frame {
  const on = ({ log }: Measure, axis: Axis, value: number) => along(axis, log === true ? Math.log10(value) : value);
  return {
    x: { ...x, ...across },
    y: { ...y, ...up },
    px: (value) => area.left + on(across, x, value) * (area.right - area.left),
    py: (value) => area.bottom - on(up, y, value) * (area.bottom - area.top),
  };
}

function drawMarks({ marks, joined = false, bare = false }: MarkSeries, i: number, { px, py }: Frame): Markup {
  const colour = colourOf(i);
  const places = marks.map(({ x, y }) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ");
  const line = joined ? markup`<polyline points="${places}" ${strokeOf(i)}/>` : "";
  const dots = (bare ? [] : marks).map(({ x, y, error, label }) => {
    const [left, top] = [px(x).toFixed(1), py(y).toFixed(1)];
    const bar =
      error === undefined
        ? ""
        : markup`<line x1="${left}" x2="${left}" y1="${py(y - error).toFixed(1)}" y2="${py(y + error).toFixed(1)}" stroke="${colour}" stroke-width="1.5"/>`;
    const words =
      label === undefined
        ? ""
        : px(x) > (area.left + 2 * area.right) / 3
          ? markup`<text x="${left}" y="${top}" dx="-8" dy="-7" text-anchor="end" fill="${text}">${label}</text>`
          : markup`<text x="${left}" y="${top}" dx="8" dy="-7" fill="${text}">${label}</text>`;
    return markup`${bar}<circle cx="${left}" cy="${top}" r="4" fill="${colour}"/>${words}`;
  });
  return markup`${line}${dots}`;
}

function colourOf(i: number): string {
  return hueColours[i % hueColours.length]!;
}

function strokeOf(i: number): Markup {
  return markup`fill="none" stroke="${colourOf(i)}" stroke-width="2" stroke-linejoin="round" stroke-dasharray="${dashes[i % dashes.length]!}"`;
}

const bins = 60;

/** From the first to the 99th percentile of the widest series. */
function shownRange(series: readonly ArrayLike<number>[]): [low: number, high: number] {
  const ends = series.map((values) => {
    const sorted = Float64Array.from(values).toSorted();
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
    return [at(0.01), at(0.99)] as const;
  });
  return [minOf(ends.map(([low]) => low)), maxOf(ends.map(([, high]) => high))];
}

function shares(values: ArrayLike<number>, { from, to }: Axis): { heights: number[]; beyond: number } {
  const counts = Array.from({ length: bins }, () => 0);
  let beyond = 0;
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor((bins * (values[i]! - from)) / (to - from));
    if (bin >= 0 && bin < bins) counts[bin]!++;
    else beyond++;
  }
  return { heights: counts.map((count) => count / values.length), beyond: beyond / values.length };
}

function outlineOf(heights: readonly number[], i: number, { x, px, py }: Frame): Markup {
  const at = (bin: number) => px(x.from + ((x.to - x.from) * bin) / bins).toFixed(1);
  const steps = heights.map((share, bin) => `V${py(share).toFixed(1)}H${at(bin + 1)}`).join("");
  return markup`<path d="M${at(0)} ${py(0).toFixed(1)}${steps}V${py(0).toFixed(1)}" ${strokeOf(i)}/>`;
}

function referenceOf({ label, value }: NonNullable<Histogram["reference"]>, { px }: Frame): Markup {
  const left = px(value).toFixed(1);
  return markup`<line x1="${left}" x2="${left}" y1="${area.top}" y2="${area.bottom}" stroke="${text}" stroke-dasharray="4 4"/><text x="${left}" y="${area.top}" dx="6" dy="12" fill="${text}">${label}</text>`;
}

function gridOf({ x, y }: Frame): Markup {
  const [columns, rows] = [labelsOf(x), labelsOf(y)];
  const down = x.ticks.map((tick, i) => {
    const left = (area.left + along(x, tick) * (area.right - area.left)).toFixed(1);
    return markup`<line x1="${left}" x2="${left}" y1="${area.top}" y2="${area.bottom}" stroke="${edge}"/><text x="${left}" y="${area.bottom}" dy="18" text-anchor="middle">${columns[i]!}</text>`;
  });
  const flat = y.ticks.map((tick, i) => {
    const top = (area.bottom - along(y, tick) * (area.bottom - area.top)).toFixed(1);
    return markup`<line x1="${area.left}" x2="${area.right}" y1="${top}" y2="${top}" stroke="${edge}"/><text x="${area.left}" y="${top}" dx="-8" dy="4" text-anchor="end">${rows[i]!}</text>`;
  });
  const middle = (area.top + area.bottom) / 2;
  return markup`<g fill="${muted}">${down}${flat}
<text x="${(area.left + area.right) / 2}" y="${height - 14}" text-anchor="middle">${x.label}</text>
<text x="18" y="${middle}" text-anchor="middle" transform="rotate(-90 18 ${middle})">${y.label}</text></g>`;
}

function labelsOf({ ticks, log }: Axis & Measure): string[] {
  if (log !== true) return tickLabels(ticks);
  return ticks.map((tick) => {
    const value = significant(10 ** tick, 3);
    return value < 1e4 ? formatNumber(value) : value.toExponential().replace("+", "");
  });
}

/** Names in a row above the plot, spaced by their length. */
function legendOf(series: readonly Pick<MarkSeries, "name" | "joined">[]): Markup {
  let left = area.left;
  const entries = series.map(({ name, joined = false }, i) => {
    const start = left;
    left += 52 + 7 * name.length;
    const line = markup`<line x1="${start}" x2="${start + 26}" y1="54" y2="54" ${strokeOf(i)}/>`;
    const dot = markup`<circle cx="${start + 13}" cy="54" r="4" fill="${colourOf(i)}"/>`;
    return markup`${joined ? line : dot}<text x="${start + 32}" y="58" fill="${text}">${name}</text>`;
  });
  return markup`${entries}`;
}

function document(title: string, content: readonly (Markup | string | readonly Markup[])[]): string {
  const page = markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>${title}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${area.left}" y="30" font-size="16" font-weight="600" fill="${text}">${title}</text>
${content}
</svg>
`;
  return page.html;
}
