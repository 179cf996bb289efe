import type { Clock } from "../base/clock.ts";
import { isExpensive } from "../base/store.ts";
import type { Dataset } from "../data/index.ts";
import type { Model } from "../models/index.ts";
import type { RunHistory } from "../diagnosis/run-history.ts";
import { diagnoseHistory } from "../diagnosis/diagnose.ts";
import { type Reported, writeReport } from "./run-report.ts";
import type { Run } from "../run/run.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Share of a run's time that reports may take while it trains. */
const share = 0.03;

/** The report of a run in training. */
export class LiveReport {
  /** The latest evaluation. */
  measured: Reported["measured"] = null;
  /** Seconds that reports have taken, in total and for the latest one. */
  private total = 0;
  private last = 0;

  constructor(
    private readonly run: Run,
    private readonly model: Model,
    private readonly test: Dataset,
    private readonly history: RunHistory,
    private readonly clock: Clock,
  ) {}

  /**
   * Whether another report would take only a small part of this session's time. Always false for a store whose requests
   * are expensive, because a report reads all pictures again.
   */
  fits(elapsed: number): boolean {
    return !isExpensive(this.run.store) && this.total + this.last <= share * elapsed;
  }

  /** @param trained The model for pictures, if there is time for them. */
  async write(step: number, trained: TrainedModel | null): Promise<void> {
    const { run, model, test, measured } = this;
    const began = this.clock.now();
    await run.flush();
    const diagnosis = await diagnoseHistory(this.history, step);
    await writeReport(run, { state: { ...run.state, step }, model, trained, test, measured, diagnosis });
    this.last = (this.clock.now() - began) / 1000;
    this.total += this.last;
  }
}
