import type { Clock } from "../base/clock.ts";
import type { Dataset } from "../data/index.ts";
import type { Model } from "../models/index.ts";
import type { RunHistory } from "../diagnosis/run-history.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import { type Reported, writeReport } from "./run-report.ts";
import type { Run } from "../run/run.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Share of a run's time that reports may take while it goes on. */
const share = 0.03;

/** The report of a run that is not done. */
export class LiveReport {
  /** What was measured last. */
  measured: Reported["measured"] = null;
  /** Seconds that reports have taken, and the newest one of them. */
  private total = 0;
  private last = 0;

  constructor(
    private readonly run: Run,
    private readonly model: Model,
    private readonly test: Dataset,
    private readonly history: RunHistory,
    private readonly clock: Clock,
  ) {}

  /** Whether another one takes but a small part of the seconds that the run has taken in this session. */
  fits(elapsed: number): boolean {
    return this.total + this.last <= share * elapsed;
  }

  /** @param trained To make pictures with, where there is time for them. */
  async write(step: number, trained: TrainedModel | null): Promise<void> {
    const { run, model, test, measured } = this;
    const began = this.clock.now();
    await run.flush();
    const diagnosis = diagnose(this.history.evidence(step, null), this.history.setup);
    await writeReport(run, { state: { ...run.state, step }, model, trained, test, measured, diagnosis });
    this.last = (this.clock.now() - began) / 1000;
    this.total += this.last;
  }
}
