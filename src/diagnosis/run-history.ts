import { sizeOf } from "../base/ndarray.ts";
import { key } from "../base/random.ts";
import { isOfMetric, ofTrainingItems } from "../base/scalar-names.ts";
import { type DataSplit, hasSides } from "../data/index.ts";
import type { Model } from "../models/index.ts";
import { type RunConfig, healthItems } from "../run/config.ts";
import { endMetrics } from "../evaluation/evaluate.ts";
import type { MetricLine } from "../run/metric-lines.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { type Looks, SampleLooks, isWholeWhileTraining, logged, looksIn } from "./sample-looks.ts";
import type { Evidence, MeasuredNow, SampleLook } from "./symptom.ts";
import { TranslationLooks } from "./translation-looks.ts";

/** Steps before which nothing is said of a run. */
export const minSteps = 200;

export type LoggedNumber = Pick<MetricLine, "name" | "step" | "value"> & Partial<Pick<MetricLine, "split">>;

/** What a metric found on training items is beside what it found on held-out ones, which has the metric's own name. */
function seriesName({ name, split }: LoggedNumber): string {
  const measured = endMetrics.some((metric) => isOfMetric(name, metric.name));
  return split === "train" && measured ? ofTrainingItems(name) : name;
}

/** What a run has logged, and how its samples are looked at. */
export class RunHistory {
  private readonly series = new Map<string, { readonly steps: number[]; readonly values: number[] }>();
  private known: Looks | null = null;

  constructor(
    private readonly config: RunConfig,
    private readonly model: Model,
    readonly data: DataSplit,
    lines: readonly LoggedNumber[],
  ) {
    for (const line of lines) this.add(line);
  }

  add(line: LoggedNumber): void {
    const { step, value } = line;
    if (value === null || !Number.isFinite(value)) return;
    const name = seriesName(line);
    const series = this.series.get(name) ?? { steps: [], values: [] };
    series.steps.push(step);
    series.values.push(value);
    this.series.set(name, series);
  }

  /** Looks at samples; null where these are not judged, or not yet. */
  async look(trained: TrainedModel, step: number): Promise<SampleLook | null> {
    const { steps } = this.config.train;
    const whole = isWholeWhileTraining(this.model) || step === steps;
    return whole ? (this.looks?.look(trained, step) ?? null) : null;
  }

  /** The same, as numbers to log. */
  async lookAsNumbers(trained: TrainedModel, step: number): Promise<Record<string, number>> {
    const look = await this.look(trained, step);
    return look === null ? {} : logged(look);
  }

  /** After so many steps, with what was measured besides. */
  evidence(step: number, now: MeasuredNow | null): Evidence {
    const { config, series, looks } = this;
    const { kind, shape, size } = this.data.train;
    // Images are [-1, 1] to players, [0, 1] outside.
    const scale = kind === "points" ? 1 : 2;
    return {
      config,
      step,
      dimensions: sizeOf(shape),
      deadUnitItems: healthItems(config.train, size),
      spread: scale * (looks?.spread ?? 0),
      series,
      packing: this.model.discriminator?.packing ?? 1,
      model: this.model,
      looks: looksIn(series),
      places: looks?.places ?? null,
      now,
    };
  }

  /** Made when first asked for: it takes a while to find places among the items. */
  private get looks(): Looks | null {
    const { train } = this.config;
    if (this.model.adversarial === undefined || train.steps < minSteps) return null;
    const { train: items } = this.data;
    const seed = key(train.seed);
    return (this.known ??= hasSides(items) ? new TranslationLooks(items.sides, seed) : new SampleLooks(items, seed));
  }
}
