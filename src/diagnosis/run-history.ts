import { sizeOf } from "../base/ndarray.ts";
import { key } from "../base/random.ts";
import { isOfMetric, ofTrainingItems } from "../base/scalar-names.ts";
import { type DataSplit, hasSides } from "../data/index.ts";
import type { Metric } from "../metrics/index.ts";
import type { Model } from "../models/index.ts";
import { type RunConfig, healthItems } from "../run/config.ts";
import { endMetrics } from "../evaluation/evaluate.ts";
import type { MetricLine } from "../run/metric-lines.ts";
import type { TrainedModel } from "../trained/trained.ts";
import type { OwnChecks } from "./own-checks.ts";
import {
  type Snapshots,
  SampleSnapshots,
  isCompleteDuringTraining,
  logged,
  samplesFor,
  snapshotsIn,
} from "./sample-snapshots.ts";
import type { Evidence, MeasuredNow, RunSetup, SampleSnapshot, Symptom } from "./symptom.ts";
import { symptoms } from "./symptoms/index.ts";
import { TranslationSnapshots } from "./translation-snapshots.ts";

/** Number of steps before which no symptom is reported. */
export const minSteps = 200;

export type LoggedNumber = Pick<MetricLine, "name" | "step" | "value"> & Partial<Pick<MetricLine, "split">>;

/** The logged scalars of a run, and the snapshots of its samples. */
export class RunHistory {
  /** Symptoms to check. */
  readonly symptoms: readonly Symptom[];
  /** Metrics that may have been evaluated during training. */
  private readonly followed: readonly Metric[];
  private readonly series = new Map<string, { readonly steps: number[]; readonly values: number[] }>();
  private known: Promise<Snapshots> | null = null;

  constructor(
    private readonly config: RunConfig,
    private readonly model: Model,
    readonly data: DataSplit,
    lines: readonly LoggedNumber[],
    own: OwnChecks = {},
  ) {
    this.symptoms = [...symptoms, ...(own.symptoms ?? [])];
    this.followed = [...endMetrics, ...(own.metrics ?? [])];
    for (const line of lines) this.add(line);
  }

  add(line: LoggedNumber): void {
    const { step, value } = line;
    if (value === null || !Number.isFinite(value)) return;
    const name = this.seriesName(line);
    const series = this.series.get(name) ?? { steps: [], values: [] };
    series.steps.push(step);
    series.values.push(value);
    this.series.set(name, series);
  }

  /** Takes sample snapshots; null if samples are not checked, or not yet. */
  async snapshot(trained: TrainedModel, step: number): Promise<SampleSnapshot | null> {
    const { steps } = this.config.train;
    const whole = isCompleteDuringTraining(this.model) || step === steps;
    return whole ? ((await this.snapshots())?.snapshot(trained, step) ?? null) : null;
  }

  /** The same, as numbers to log. */
  async snapshotScalars(trained: TrainedModel, step: number): Promise<Record<string, number>> {
    const snapshot = await this.snapshot(trained, step);
    return snapshot === null ? {} : logged(snapshot);
  }

  /** Evidence after a number of steps, with additional measurements. */
  async evidence(step: number, now: MeasuredNow | null): Promise<Evidence> {
    const { config, series } = this;
    const snapshots = await this.snapshots();
    const { shape, size } = this.data.train;
    return {
      step,
      dimensions: sizeOf(shape),
      deadUnitItems: healthItems(config.train, size),
      series,
      packing: this.model.discriminator?.packing ?? 1,
      model: this.model,
      sampleCount: samplesFor(this.data.train),
      snapshots: snapshotsIn(series),
      places: snapshots?.places ?? null,
      now,
    };
  }

  /** Name of a scalar of training items; that of held-out items is the metric's own name. */
  private seriesName({ name, split }: LoggedNumber): string {
    const measured = this.followed.some((metric) => isOfMetric(name, metric.name));
    return split === "train" && measured ? ofTrainingItems(name) : name;
  }

  /** Settings of the run, to choose remedies by. */
  async setup(): Promise<RunSetup> {
    // Images are [-1, 1] inside a GAN, [0, 1] outside.
    const scale = this.data.train.kind === "points" ? 1 : 2;
    return {
      config: this.config,
      remedies: this.model.remedies,
      spread: scale * ((await this.snapshots())?.spread ?? 0),
    };
  }

  /** Created on first use, because finding places among the items takes a while. */
  private async snapshots(): Promise<Snapshots | null> {
    const { train } = this.config;
    if (this.model.adversarial === undefined || train.steps < minSteps) return null;
    const { train: items } = this.data;
    const seed = key(train.seed);
    return (this.known ??= hasSides(items)
      ? TranslationSnapshots.open(items.sides, seed)
      : SampleSnapshots.open(items, seed));
  }
}
