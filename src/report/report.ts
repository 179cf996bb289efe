import { type Bars, type Curve, barChart, lineChart } from "../plot/chart.ts";
import type { Diagnosis } from "../diagnosis/diagnose.ts";
import { type Strip, heatStrip } from "../plot/heat-strip.ts";
import { type Markup, dataTable, markup } from "../plot/markup.ts";
import { formatEstimate, formatNumber } from "../plot/numerals.ts";
import { type Film, type Picture, type Section, filmStrips, pictureFigures, renderPage } from "../plot/page.ts";

/** Contents of a report. Empty lists omit their sections. */
export interface ReportFacts {
  /** What was trained on what: `vae on mnist`. */
  readonly title: string;
  /** done, interrupted, diverged, failed or running, followed by the reason. */
  readonly status: string;
  readonly summary: readonly (readonly [name: string, value: string])[];
  readonly config: readonly ConfigEntry[];
  readonly curves: readonly Curve[];
  readonly bars: readonly Bars[];
  readonly strips: readonly Strip[];
  readonly films: readonly Film[];
  readonly pictures: readonly Picture[];
  readonly results: readonly ReportedResult[];
  readonly diagnosis: Diagnosis;
}

export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
  readonly isDefault: boolean;
}

interface ReportedResult {
  readonly label: string;
  /** Name of the value: the metric elbo gives negElbo. */
  readonly quantity: string;
  readonly value: number;
  readonly stderr: number;
  /** Number of items measured. */
  readonly n: number;
  readonly unit: string;
  /** A number without which the value can be misread. */
  readonly beside?: string;
  /** Ends of the 95 % interval; NaN if unknown. */
  readonly interval: readonly [low: number, high: number];
  /** Value of real items in place of samples. */
  readonly floor?: number;
  /** Number of these real items. */
  readonly floorItems?: number;
  /** Ideal value. */
  readonly perfect: string;
  readonly details: Readonly<Record<string, number | readonly number[]>>;
}

/** The report of a run as an HTML page. */
export function renderReport(facts: ReportFacts): string {
  return renderPage(facts.title, statusLine(facts.status), sectionsOf(facts));
}

function sectionsOf(facts: ReportFacts): Section[] {
  const films = facts.films.filter(({ frames }) => frames.length > 0);
  return [
    { id: "summary", title: "Summary", content: whole(facts.summary, summaryList) },
    { id: "results", title: "Results", content: whole(facts.results, resultCards) },
    { id: "diagnosis", title: "Diagnosis", content: diagnosisParts(facts.diagnosis) },
    { id: "films", title: "Over training", content: whole(films, filmStrips) },
    {
      id: "strips",
      title: "Modes over training",
      content: whole(facts.strips, (strips) => chartGrid(strips.map((strip, i) => heatStrip(strip, `strip-${i}`)))),
    },
    { id: "pictures", title: "Pictures", content: whole(facts.pictures, pictureFigures) },
    {
      id: "curves",
      title: "Curves",
      content: whole(facts.curves, (curves) => chartGrid(curves.map((curve, i) => lineChart(curve, `curve-${i}`)))),
    },
    {
      id: "bars",
      title: "Breakdowns",
      content: whole(facts.bars, (bars) => chartGrid(bars.map((each, i) => barChart(each, `bars-${i}`)))),
    },
    { id: "config", title: "Configuration", content: whole(facts.config, configTable) },
  ];
}

function whole<T>(items: readonly T[], write: (items: readonly T[]) => Markup): Markup[] {
  return items.length > 0 ? [write(items)] : [];
}

/** Statuses differ by symbol and word as well as by colour. */
const statusMarks: ReadonlyMap<string, string> = new Map([
  ["done", "✓"],
  ["running", "●"],
  ["interrupted", "■"],
  ["diverged", "▲"],
  ["failed", "✕"],
]);

function statusLine(status: string): Markup {
  const word = /^[a-z]+/.exec(status)?.[0] ?? "";
  const mark = statusMarks.get(word);
  if (mark === undefined) return markup`<p class="status">${status}</p>`;
  const rest = status.slice(word.length);
  return markup`<p class="status ${word}"><span class="sign" aria-hidden="true">${mark}</span> <strong>${word}</strong>${rest}</p>`;
}

function summaryList(summary: ReportFacts["summary"]): Markup {
  const entries = summary.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return markup`<dl class="tiles">${entries}</dl>`;
}

function resultCards(results: readonly ReportedResult[]): Markup {
  return markup`<p class="note">± is one standard error over the items measured.</p><div class="cards">${results.map(resultCard)}</div>`;
}

function resultCard(result: ReportedResult): Markup {
  const { label, quantity, value, stderr, unit, beside, perfect, details } = result;
  const single = Object.entries(details).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  const lists = Object.entries(details).filter(
    (entry): entry is [string, readonly number[]] => typeof entry[1] !== "number",
  );
  const parts = single.map(([name, part]) => markup`<div><dt>${name}</dt><dd>${formatNumber(part)}</dd></div>`);
  return markup`<article class="card"><h3>${quantity}</h3><p class="value"><strong>${formatEstimate(value, stderr)}</strong> ${unit}</p>${beside === undefined ? "" : markup`<p>${beside}</p>`}<p>${measuredWords(result)}</p>${perfect && markup`<p class="note">Ideal value: ${perfect}</p>`}${parts.length > 0 ? markup`<dl class="parts">${parts}</dl>` : ""}${lists.map(
    ([name, values]) =>
      dataTable(
        `${name} (${values.length})`,
        `${label}: ${name}`,
        ["index", name],
        values.map((each, i) => [i, each]),
      ),
  )}</article>`;
}

function measuredWords({ n, interval: [low, high], floor, floorItems = n }: ReportedResult): string {
  const interval = Number.isFinite(low) ? [`95 % interval ${formatNumber(low)} to ${formatNumber(high)}`] : [];
  const many = floorItems === n ? "" : `${formatNumber(floorItems)} `;
  const real = floor === undefined ? [] : [`${many}real items get ${formatNumber(floor)}`];
  return [`over ${formatNumber(n)} items`, ...interval, ...real].join("; ");
}

/** Findings and the other checks; empty if nothing could be checked. */
function diagnosisParts({ step, findings, absent, unknown }: Diagnosis): Markup[] {
  if (findings.length + absent.length === 0) return [];
  const looked = findings.length + absent.length;
  const found = markup`<p class="note">After ${formatNumber(step)} steps, ${findings.length === 0 ? "none" : String(findings.length)} of ${looked} checks found a symptom.</p>`;
  const cards = findings.map(
    ({ symptom, summary, evidence, change: { flag, reason } }) =>
      markup`<article class="card"><h3>${symptom}</h3><p><strong>${summary}</strong></p><p>${evidence}</p><p>Try <code>${flag}</code>: ${reason}</p></article>`,
  );
  const rows = [
    ...absent.map(({ symptom, evidence }) => [symptom, "no", evidence] as const),
    ...unknown.map(({ symptom, needs }) => [symptom, "not checked", `needs ${needs}`] as const),
  ];
  const others = dataTable("Other checks", "Checks without a finding", ["symptom", "found", "evidence"], rows);
  return [found, ...(cards.length > 0 ? [markup`<div class="cards">${cards}</div>`] : []), others];
}

export function chartGrid(charts: readonly Markup[]): Markup {
  return markup`<div class="charts">${charts}</div>`;
}

function configTable(config: readonly ConfigEntry[]): Markup {
  const changed = config.filter(({ isDefault }) => !isDefault).length;
  const rows = config.map(
    ({ name, value, isDefault }) =>
      markup`<tr class="${isDefault ? "default" : "changed"}"><th scope="row">${name}</th><td>${value}</td><td>${isDefault ? "default" : "changed"}</td></tr>`,
  );
  return markup`<div class="wide"><table class="config"><caption>${changed} of ${config.length} options differ from their defaults.</caption><thead><tr><th scope="col">option</th><th scope="col">value</th><th scope="col">set</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
