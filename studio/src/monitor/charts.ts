import { isMonitored, scalarParts } from "../../../src/base/scalar-names.ts";
import type { Series } from "../../../src/monitor/api.ts";
import type { Line } from "../views/Curve.svelte";

/** A chart: one quantity, on the train and the test split. */
interface Chart {
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface ChartGroup {
  readonly name: string;
  readonly charts: readonly Chart[];
}

const splits = { train: "--blue", test: "--orange" } as const;

/** The charts of a run, those of one net or kind together: `generator/loss` stands in the group `generator`. */
export function chartsOf(series: readonly Series[]): ChartGroup[] {
  const charts = new Map<string, Line[]>();
  for (const { split, name, ...points } of series) {
    const line: Line = { label: split, color: splits[split], dashed: split === "test", ...points };
    charts.set(name, [...(charts.get(name) ?? []), line]);
  }
  return grouped([...charts].map(([title, lines]) => ({ title, lines })));
}

/** Colours of runs that are compared, as many as can be. */
const runColors = ["--blue", "--orange", "--green", "--pink", "--ink", "--soft"];

/** The charts that several runs share: a line for each run and split. */
export function comparedCharts(
  runs: readonly { readonly id: string; readonly series: readonly Series[] }[],
): ChartGroup[] {
  const charts = new Map<string, Line[]>();
  runs.forEach(({ id, series }, i) => {
    for (const { split, name, ...points } of series) {
      const line = { label: `${id} (${split})`, color: runColors[i]!, dashed: split === "test", ...points };
      charts.set(name, [...(charts.get(name) ?? []), line]);
    }
  });
  return grouped([...charts].map(([title, lines]) => ({ title, lines })));
}

function grouped(charts: readonly Chart[]): ChartGroup[] {
  const groups = new Map<string, Chart[]>();
  for (const chart of charts) {
    const { owner, quantity } = scalarParts(chart.title);
    const name = quantity === null ? "losses and bounds" : owner;
    groups.set(name, [...(groups.get(name) ?? []), chart]);
  }
  return (
    [...groups]
      .map(([name, members]) => ({ name, charts: members }))
      // What is looked at when something is wrong stands behind what is learned.
      .toSorted((a, b) => Number(isMonitored(a.name)) - Number(isMonitored(b.name)))
  );
}
