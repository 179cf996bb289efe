import { OptionError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import {
  isOfMetric,
  lossScalar,
  metricDetail,
  metricLabel,
  ofTrainingItems,
  scalarParts,
  stepScalar,
} from "../base/scalar-names.ts";
import type { Store } from "../base/store.ts";
import type { DataSplit } from "../data/index.ts";
import { endMeasurements, endMetrics, readEvaluations, defaultMeasurements } from "../evaluation/index.ts";
import type { Direction, Model } from "../models/index.ts";
import type { MetricLine, Run } from "../run/index.ts";

/** Owners of the scalars in metrics.jsonl that monitor training, in addition to its metrics. */
const monitoredOwners = ["modes", "distance", "samples", "overfit", "gradient", "dead"];

/**
 * Refuses a metric that runs of this model on such data do not log. Details (`elbo/kl`) are checked by the name of their metric.
 * @param early Whether the metric must be logged during the run, not only at its end.
 * @throws OptionError naming the nearest.
 */
export function requireMetric(name: string, model: Model, data: DataSplit, early: boolean, where: string): void {
  const labelled = (measured: ReturnType<typeof endMeasurements>) =>
    measured.flatMap(({ metric, options }) => {
      const direction = options["direction"] as Direction | undefined;
      return [...new Set([metric.name, metric.quantity ?? metric.name])].map((known) => metricLabel(known, direction));
    });
  const during = model.translators === undefined ? labelled(defaultMeasurements(model, data.test)) : [];
  const scalars = model.steps.flatMap(({ name: step, scalars: logged = [] }) =>
    [lossScalar, ...logged].map((scalar) => stepScalar.name({ step, scalar })),
  );
  const known = [
    ...scalars,
    ...during,
    ...during.map(ofTrainingItems),
    ...(early ? [] : labelled(endMeasurements(model, data))),
  ];
  const { owner, quantity } = scalarParts(name.replace(/^train\//, ""));
  const isDetail = quantity !== null && known.includes(owner);
  const isMonitored = quantity !== null && model.adversarial !== undefined && monitoredOwners.includes(owner);
  if (known.includes(name) || isDetail || isMonitored) return;
  throw new OptionError(
    `${where}: metric.name must be logged by the recipe${early ? " during training" : ""} - got ${name}`,
    suggestion(name, [...new Set(known)], "metrics"),
  );
}

/** The final value of a metric: from the final evaluation, otherwise the last one in metrics.jsonl; null for none. */
export async function finalValue(run: Run, name: string): Promise<number | null> {
  return (await evaluatedValue(run.store, name)) ?? valueUntil(await run.metrics(), name, Infinity);
}

async function evaluatedValue(store: Store, name: string): Promise<number | null> {
  const { results } = await readEvaluations(store);
  for (const { label, quantity, value, details } of results) {
    if (name === label || name === quantity) return value;
    const found = Object.entries(details).find(([detail]) => name === metricDetail.name({ metric: label, detail }));
    if (typeof found?.[1] === "number") return found[1];
  }
  return null;
}

/** The last value of a scalar up to a step; null if there is none or it is not finite. */
export function valueUntil(lines: readonly MetricLine[], name: string, step: number): number | null {
  const onTraining = name.startsWith("train/");
  const bare = onTraining ? name.slice("train/".length) : name;
  const label = endMetrics.find(({ quantity }) => quantity === bare)?.name ?? bare;
  const measured = endMetrics.some((metric) => isOfMetric(label, metric.name));
  const isIt = (line: MetricLine) =>
    line.name === label && line.step <= step && (!measured || line.split === (onTraining ? "train" : "test"));
  return lines.findLast(isIt)?.value ?? null;
}
