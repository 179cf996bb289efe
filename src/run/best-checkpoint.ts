import { z } from "zod";

import type { Store } from "../base/store.ts";
import type { Model } from "../models/index.ts";
import type { Arrays } from "../runtime/index.ts";
import {
  type CheckpointFacts,
  checkpointFolders,
  listCheckpoints,
  removeCheckpoint,
  saveCheckpoint,
} from "./checkpoint.ts";
import type { MetricLine } from "./metric-lines.ts";
import type { Layouts } from "../step/state-view.ts";

const folder = checkpointFolders.best;

/** What a best checkpoint keeps of how it was chosen. */
const keptBest = z.object({ scalar: z.string(), value: z.number() });

/**
 * The checkpoint of a run that is best by what its model declares, of the steps at which that was measured on held-out
 * items. What is kept beside the newest checkpoint is what was best when that was saved, so that a run which goes on from
 * there has all that it had.
 */
export class BestCheckpoint {
  private best: number | null = null;

  constructor(
    private readonly store: Store,
    private readonly by: Model["bestBy"],
    private readonly layouts: Layouts,
  ) {}

  /**
   * Forgets what the run made after the step from which it goes on.
   * @param lines What it has logged up to there; some may be missing, of which the checkpoint itself knows the best.
   */
  async goOnFrom(step: number, lines: readonly MetricLine[]): Promise<void> {
    await this.remove((saved) => saved > step);
    for (const { name, split, step: at, value } of lines) {
      if (split === "test" && name === this.by?.scalar && at > 0 && this.improves(value)) this.best = value;
    }
    for (const { run } of await listCheckpoints(this.store, folder)) {
      const { data } = keptBest.safeParse(run?.["best"]);
      if (data?.scalar === this.by?.scalar && this.improves(data?.value ?? null)) this.best = data!.value;
    }
  }

  /**
   * Whether what was measured after a step is better than all before; if so, what is written with `write` counts as the best.
   * @param measured On held-out items, by name.
   */
  takes(measured: Readonly<Record<string, number>>): boolean {
    const value = this.by === undefined ? undefined : measured[this.by.scalar];
    if (value === undefined || !this.improves(value)) return false;
    this.best = value;
    return true;
  }

  /** @param newest Step of the run's newest checkpoint. */
  async write(facts: CheckpointFacts, state: Arrays, newest: number): Promise<void> {
    await this.remove((saved) => saved > newest);
    const best = { scalar: this.by!.scalar, value: this.best! };
    const run = { ...facts.run, best };
    await saveCheckpoint(this.store, { ...facts, run }, state, this.layouts, 2, folder);
  }

  /** Keeps the best one alone: the run has a checkpoint of a later step. */
  async settle(): Promise<void> {
    const last = (await listCheckpoints(this.store, folder)).at(-1)?.step;
    await this.remove((saved) => saved !== last);
  }

  private async remove(unwanted: (step: number) => boolean): Promise<void> {
    if (this.by === undefined) return;
    for (const checkpoint of await listCheckpoints(this.store, folder)) {
      if (unwanted(checkpoint.step)) await removeCheckpoint(this.store, checkpoint);
    }
  }

  private improves(value: number | null): value is number {
    if (value === null || !Number.isFinite(value)) return false;
    return this.best === null || (this.by!.better === "lower" ? value < this.best : value > this.best);
  }
}
