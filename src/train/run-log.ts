import { metricDetail, metricDetailEntry, metricStderr } from "../base/scalar-names.ts";
import type { DataSplit } from "../data/index.ts";
import { type ScheduledStage, batchesIn, extraBatchesAt } from "../step/stages.ts";
import type { RunHistory } from "../diagnosis/run-history.ts";
import type { Evaluation } from "../evaluation/evaluate.ts";
import type { Run } from "../run/run.ts";

/** Passes the scalars of a run to its record and to the checks for symptoms. */
export class RunLog {
  /** Batches of additional updates, up to a step of the run. */
  private readonly counted = { step: 0, extra: 0 };
  private readonly heldOut = { step: 0, values: {} as Record<string, number> };

  constructor(
    private readonly run: Run,
    private readonly history: RunHistory,
    private readonly stages: readonly ScheduledStage[],
  ) {}

  numbers(step: number, seconds: number, split: keyof DataSplit, values: Readonly<Record<string, number>>): void {
    const images = (batchesIn(this.stages, step) + this.extraBatchesIn(step)) * this.run.config.train.batch;
    if (split === "test") {
      if (step !== this.heldOut.step) Object.assign(this.heldOut, { step, values: {} });
      Object.assign(this.heldOut.values, values);
    }
    for (const [name, value] of Object.entries(values)) {
      this.run.log({ step, images, seconds, split, name, value });
      this.history.add({ name, split, step, value });
    }
  }

  /** Scalars measured on held-out items after a step, by name. */
  measuredAt(step: number): Readonly<Record<string, number>> {
    return this.heldOut.step === step ? this.heldOut.values : {};
  }

  evaluation(
    step: number,
    seconds: number,
    split: keyof DataSplit,
    { label, value, stderr, details }: Pick<Evaluation, "label" | "value" | "stderr" | "details">,
  ): void {
    const numbers = Object.entries(details).flatMap(([name, detail]): [string, number][] =>
      typeof detail === "number"
        ? [[metricDetail.name({ metric: label, detail: name }), detail]]
        : detail.map((entry, i) => [metricDetailEntry.name({ metric: label, detail: name, index: i }), entry]),
    );
    this.numbers(step, seconds, split, {
      [label]: value,
      ...(Number.isFinite(stderr) && { [metricStderr(label)]: stderr }),
      ...Object.fromEntries(numbers),
    });
  }

  /** Steps arrive in order, so each is counted once. */
  private extraBatchesIn(step: number): number {
    const { counted } = this;
    for (; counted.step < step; counted.step++) counted.extra += extraBatchesAt(this.stages, counted.step);
    return counted.extra;
  }
}
