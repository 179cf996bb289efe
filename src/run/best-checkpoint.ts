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

/** What the best checkpoint records about its selection. */
const keptBest = z.object({ scalar: z.string(), value: z.number() });

/**
 * The best checkpoint of a run by the scalar that its model declares, among the steps at which it was measured on
 * held-out items. It is written together with the newest checkpoint, so that a resumed run has the same best checkpoint
 * as an uninterrupted one.
 */
export class BestCheckpoint {
  private best: number | null = null;

  constructor(
    private readonly store: Store,
    private readonly by: Model["bestBy"],
    private readonly layouts: Layouts,
  ) {}

  /**
   * Discards selections made after the step from which the run resumes.
   * @param lines The lines logged up to that step; some may be missing, in which case the checkpoint itself records the
   * best value.
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
   * Whether the value measured after a step is the best so far; if so, the next `write` saves it as the best.
   * @param measured Scalars on held-out items, by name.
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

  /** Removes all but the best one, once the run has a checkpoint of a later step. */
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
