import { percent } from "./chart.ts";
import { type Cell, type Markup, dataTable, markup } from "./markup.ts";

/** One vertical axis of parallel coordinates. */
export interface ParallelAxis {
  readonly name: string;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** One item across all axes. */
interface ParallelLine {
  readonly name: string;
  /** Its position on each axis, from 0 at the bottom to 1 at the top; null if it has none there: the line has a gap. */
  readonly places: readonly (number | null)[];
  /** Cells of its row in the table. */
  readonly cells: readonly Cell[];
  readonly emphasised: boolean;
}

/** Parallel coordinates: one line per item. */
export interface Parallel {
  readonly title: string;
  readonly axes: readonly ParallelAxis[];
  readonly lines: readonly ParallelLine[];
  /** Note that explains the emphasised lines. */
  readonly note: string;
}

const height = 280;

/** Parallel coordinates as HTML without a script, with their numbers in a table below. `id` is unique in the page. */
export function parallelCoordinates({ title, axes, lines, note }: Parallel, id: string): Markup {
  const x = (i: number): number => (axes.length === 1 ? 0.5 : i / (axes.length - 1));
  // Emphasised lines are drawn last, above the others.
  const ordered = lines.toSorted((a, b) => Number(a.emphasised) - Number(b.emphasised));
  const drawn = ordered.map(({ places, emphasised }) => {
    const parts = places.slice(1).flatMap((to, i) => {
      const from = places[i]!;
      if (from === null || to === null) return [];
      const ends = [x(i), x(i + 1)].map(percent);
      return markup`<line class="line ${emphasised ? "hue1" : "hue0 behind"}" x1="${ends[0]!}" x2="${ends[1]!}" y1="${percent(1 - from)}" y2="${percent(1 - to)}"/>`;
    });
    return markup`${parts}`;
  });
  const scales = axes.map(({ name, ticks }, i) => {
    const at = percent(x(i));
    const anchor = i === 0 ? "start" : i === axes.length - 1 ? "end" : "middle";
    const labels = ticks.map(({ at: place, label }) => {
      return markup`<text class="tick" x="${at}" dx="${i === axes.length - 1 ? -6 : 6}" y="${percent(1 - place)}" dy="4" text-anchor="${i === axes.length - 1 ? "end" : "start"}">${label}</text>`;
    });
    return markup`<line class="axis" x1="${at}" x2="${at}" y1="0" y2="100%"/>${labels}<text class="tick value" x="${at}" y="${height}" dy="24" text-anchor="${anchor}">${name}</text>`;
  });
  const plot = markup`<div class="frame parallel" dir="ltr" tabindex="0" role="region" aria-label="${title}">
<svg class="plot" width="100%" height="${height}" style="min-width: ${6.5 * axes.length}rem" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title><desc id="${id}-desc">${lines.length} lines over ${axes.map(({ name }) => name).join(", ")}. ${note}</desc>
${drawn}
${scales}
</svg></div><p class="note">${note}</p>`;
  const table = dataTable(
    "Table",
    title,
    ["configuration", ...axes.map(({ name }) => name)],
    lines.map(({ name, cells }) => [name, ...cells]),
  );
  return markup`<figure class="chart"><figcaption><h3 dir="auto">${title}</h3></figcaption>${plot}${table}</figure>`;
}
