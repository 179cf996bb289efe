import { rows } from "../base/ndarray.ts";
import { entriesOf, isShareByPlace, isStderr, modeShare, scalarParts } from "../base/scalar-names.ts";
import type { Dataset, Modes } from "../data/index.ts";
import type { Curve } from "../plot/chart.ts";
import type { Strip } from "../plot/heat-strip.ts";
import { quantityNames } from "../evaluation/evaluate.ts";
import { modeSamples } from "../evaluation/mode-record.ts";
import { formatNumber } from "../plot/numerals.ts";
import { spread } from "../plot/points.ts";
import type { MetricLine } from "../run/metric-lines.ts";

/** Number of training items seen so far, counting repetitions. */
export function imagesSeen(metrics: readonly MetricLine[]): number {
  return metrics.at(-1)?.images ?? 0;
}

/** Maximum number of lines in one chart; the largest at the end are drawn. */
const drawnLines = 8;

type ClassNames = Pick<Dataset, "classNames">;

/**
 * One chart per scalar. `METRIC/klPerLatent/3` is the line of latent 3 in the chart METRIC/klPerLatent, and
 * `METRIC/NAME/WORD` the line WORD.
 */
export function curvesOf(metrics: readonly MetricLine[], names: ClassNames = {}): Curve[] {
  const charts = new Map<string, Map<string, [number, number][]>>();
  for (const { name, split, step, value } of metrics) {
    const parts = scalarParts(name);
    const { title, quantity, part } = parts;
    // Shares by mode are drawn as a heat strip, or stated in the diagnosis.
    if (isShareByPlace(name) || isStderr(name)) continue;
    const series = charts.get(title) ?? new Map<string, [number, number][]>();
    const line = part === null ? split : partLabel(quantity!, part, names);
    const points = series.get(line) ?? [];
    points.push([step, value ?? Number.NaN]);
    charts.set(title, series.set(line, points));
  }
  // First the scalars measured on both splits: a gap between the lines is overfitting.
  const isPaired = ([, series]: [string, ReadonlyMap<string, unknown>]) => series.has("train") && series.has("test");
  const ordered = [...charts].toSorted((a, b) => Number(isPaired(b)) - Number(isPaired(a)));
  return ordered.map(([title, series]) => {
    const lines = [...series].map(([name, points]) => ({ name, points }));
    const last = ({ points }: (typeof lines)[number]) => points.at(-1)![1];
    const shown = lines.length <= drawnLines ? lines : lines.toSorted((a, b) => last(b) - last(a)).slice(0, drawnLines);
    return { title: quantityNames[title] ?? title, unit: "", series: shown };
  });
}

/** Name of a part of a scalar: `z3` of klPerLatent, `class cat` or `class 3` of accuracyPerClass. */
export function partLabel(quantity: string, part: string, { classNames }: ClassNames = {}): string {
  const what = entriesOf(quantity);
  if (what === null) return part;
  if (what === "Class") return `class ${classNames?.[Number(part)] ?? part}`;
  return what === "Latent" ? `z${part}` : `${what.toLowerCase()} ${part}`;
}

/** Maximum columns of a heat strip; for a long run, evenly spaced ones are shown. */
const columns = 100;

/** Shares of the modes over training, if the data declare modes and they were recorded. */
export function stripsOf(metrics: readonly MetricLine[], { modes }: Dataset): Strip[] {
  const shares = new Map<number, number[]>();
  for (const { name, step, value } of metrics) {
    const share = modeShare.parse(name);
    if (share === null) continue;
    const values = shares.get(step) ?? [];
    values[Number(share.mode)] = value ?? Number.NaN;
    shares.set(step, values);
  }
  if (shares.size === 0) return [];
  const shown = spread([...shares], columns);
  const count = shown[0]![1].length;
  const labels = Array.from({ length: count }, (_, mode) => modeLabel(mode, modes));
  return [
    {
      title: "Fraction of samples by mode",
      caption: `The fraction of ${modeSamples} samples, from fixed noise, that lie in each mode and are high-quality. If all modes are covered equally, each has 1 in ${count}.`,
      steps: shown.map(([step]) => step),
      rows: labels.map((label, mode) => ({ label, values: shown.map(([, values]) => values[mode]!) })),
      full: 1 / count,
    },
  ];
}

/** Number of a mode, with its position if that can be stated briefly. */
function modeLabel(mode: number, modes: Modes | undefined): string {
  if (modes?.kind !== "centers" || modes.centers.shape[1]! > 2) return String(mode);
  const centre = rows(modes.centers, mode, mode + 1).data;
  return `${mode} (${Array.from(centre, (each) => formatNumber(Number(each.toFixed(2)))).join(", ")})`;
}
