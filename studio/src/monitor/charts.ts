import { isMonitored, scalarParts } from "../../../src/base/scalar-names.ts";
import type { Series, StepClock } from "../../../src/monitor/api.ts";
import type { Line } from "../views/Curve.svelte";

/** A chart: one quantity, on the train and the test split. */
interface Chart {
  /** Of the scalar. */
  readonly name: string;
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface ChartGroup {
  readonly name: string;
  readonly charts: readonly Chart[];
}

/** What curves are drawn over, and snapshots are chosen by. */
export const axes = ["step", "images", "seconds"] as const;
export type Axis = (typeof axes)[number];

/** A run's scalars, as far as charts need them. */
export interface ChartedRun {
  readonly id: string;
  readonly series: readonly Series[];
  readonly clock: StepClock;
  /** What scalars measure, where it has another name than the scalar. */
  readonly quantities: Readonly<Record<string, string>>;
}

/** Where ascending steps lie on an axis; between two steps of the clock by what they took on average. */
export function positions(steps: readonly number[], clock: StepClock, axis: Axis): readonly number[] {
  if (axis === "step") return steps;
  const [from, to] = [clock.steps, clock[axis]];
  let i = 0;
  return steps.map((step) => {
    while (i + 1 < from.length && from[i + 1]! <= step) i++;
    if (i + 1 >= from.length || step <= from[i]!) return to[i] ?? 0;
    return to[i]! + ((to[i + 1]! - to[i]!) * (step - from[i]!)) / (from[i + 1]! - from[i]!);
  });
}

const splits = { train: "--blue", test: "--orange" } as const;

/** The charts of a run, those of one net or kind together: `generator/loss` stands in the group `generator`. */
export function chartsOf(run: ChartedRun, axis: Axis): ChartGroup[] {
  return charted([run], axis, ({ split }) => ({ label: split, color: splits[split] }));
}

/** Colours of runs that are compared, as many as can be. */
const runColors = ["--blue", "--orange", "--green", "--pink", "--ink", "--soft"];

/** The charts that several runs share: a line for each run and split. */
export function comparedCharts(runs: readonly ChartedRun[], axis: Axis): ChartGroup[] {
  return charted(runs, axis, ({ split }, { id }, i) => ({ label: `${id} (${split})`, color: runColors[i]! }));
}

function charted(
  runs: readonly ChartedRun[],
  axis: Axis,
  look: (series: Series, run: ChartedRun, i: number) => Pick<Line, "label" | "color">,
): ChartGroup[] {
  const charts = new Map<string, Line[]>();
  runs.forEach((run, i) => {
    for (const series of run.series) {
      const { split, name, steps, ...values } = series;
      const at = positions(steps, run.clock, axis);
      const line: Line = { ...look(series, run, i), dashed: split === "test", at, ...values };
      charts.set(name, [...(charts.get(name) ?? []), line]);
    }
  });
  const titles = Object.assign({}, ...runs.map(({ quantities }) => quantities)) as Record<string, string>;
  return grouped([...charts].map(([name, lines]) => ({ name, title: titles[name] ?? name, lines })));
}

function grouped(charts: readonly Chart[]): ChartGroup[] {
  const groups = new Map<string, Chart[]>();
  for (const chart of charts) {
    const { owner, quantity } = scalarParts(chart.name);
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
