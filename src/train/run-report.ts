import type { Dataset } from "../data/index.ts";
import type { Run } from "./run.ts";
import type { TrainedModel } from "./trained.ts";

/** Writes report.html from what the run has left. */
export async function writeReport(run: Run, trained: TrainedModel, data: Dataset): Promise<void> {
  void run; void trained; void data;
}
