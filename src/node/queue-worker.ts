import { randomUUID } from "node:crypto";
import { availableParallelism, hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import type { Job } from "bullmq";

import { EngineError, RunError, type ZayaError } from "../base/errors.ts";
import type { TrialEnd } from "../sweep/index.ts";
import {
  type QueueConnection,
  type QueuedEnd,
  type QueuedTrial,
  lockDuration,
  queueVersions,
  stopKey,
  workerKey,
  workersKey,
} from "./redis-queue.ts";
import { placeIn } from "./place.ts";
import { knownStoreId } from "./shared-store.ts";
import { availableMemory } from "./memory.ts";
import { trainTrial } from "./trial-process.ts";

/** Interval between two checks of a trial's progress and stop requests, and between two heartbeats, in milliseconds. */
const [lookEvery, signEvery] = [1000, 5000];

/** Interval between two checks for room, in milliseconds. */
const roomEvery = 1000;

/** Fraction of a trial after which its progress is reported again. */
const reportShare = 0.01;

/** Settings of a worker. */
export interface WorkerSettings {
  /** Folder that contains sweeps/ and trials/, shared by all machines. */
  readonly out: string;
  /** Trials at once; auto: as many as there are cores, of which each waits until its threads and its memory are free. */
  readonly jobs: number | "auto";
  /** Stops the worker: running trials are saved and returned to the queue. */
  readonly signal: AbortSignal;
  took?(trial: QueuedTrial): void;
  ended?(trial: QueuedTrial, end: TrialEnd): void;
}

/**
 * Takes trials from a queue and trains each in a child process, until the signal aborts.
 * @throws EngineError if the queue contains trials of another version. @throws RunError if their runs belong in another folder.
 */
export async function runWorker(connection: QueueConnection, settings: WorkerSettings): Promise<void> {
  await new QueueWorker(connection, settings).go();
}

class QueueWorker {
  private readonly ends = new AbortController();
  private readonly running = new Map<string, AbortController>();
  private readonly training = new Set<QueuedTrial>();
  /** Memory that was free when nothing was trained; a training process allocates memory only after it has started. */
  private memory = availableMemory();
  private refusal: ZayaError | null = null;

  constructor(
    private readonly connection: QueueConnection,
    private readonly settings: WorkerSettings,
  ) {}

  async go(): Promise<void> {
    const { connection, settings } = this;
    const { signal } = settings;
    const jobs = settings.jobs === "auto" ? availableParallelism() : settings.jobs;
    const worker = connection.worker((job, token) => this.process(job, token), jobs);
    worker.on("lockRenewalFailed", (ids) => {
      // Other workers have these trials now, or will get them.
      for (const lost of ids) this.running.get(lost)?.abort();
    });
    const id = randomUUID();
    const record = JSON.stringify({ host: hostname(), pid: process.pid, jobs, versions: queueVersions() });
    const live = async (): Promise<void> => {
      await connection.redis.set(workerKey(id), record, "PX", 3 * signEvery);
      await connection.redis.sadd(workersKey, id);
    };
    const timer = setInterval(() => void live().catch(() => undefined), signEvery);
    await live();
    const end = () => this.ends.abort();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    await new Promise<void>((resolve) => {
      if (this.ends.signal.aborted) resolve();
      this.ends.signal.addEventListener("abort", () => resolve());
    });
    clearInterval(timer);
    await worker.close();
    await connection.redis.srem(workersKey, id);
    await connection.redis.del(workerKey(id));
    if (this.refusal !== null) throw this.refusal;
  }

  private async process(job: Job<QueuedTrial, QueuedEnd>, token: string): Promise<QueuedEnd> {
    const { connection, settings } = this;
    const { data } = job;
    this.refusal ??= (await this.refusalOf(data)) ?? null;
    if (this.refusal !== null) this.ends.abort();
    if (this.ends.signal.aborted) return connection.giveBack(job, token);
    const own = new AbortController();
    const over = new AbortController();
    const id = job.id!;
    this.running.set(id, own);
    const asked = { stop: false };
    const at = { step: 0 };
    const watch = this.watch(job, at, over.signal, () => {
      asked.stop = true;
      own.abort();
    });
    try {
      const signal = AbortSignal.any([own.signal, this.ends.signal]);
      await this.room(data, signal);
      settings.took?.(data);
      const progressed = (step: number) => void (at.step = step);
      const end = await trainTrial(placeIn(settings.out, "trials"), data, { signal, owns: true, progressed });
      if (end !== null) settings.ended?.(data, end);
      if (end !== null || asked.stop) return end;
      return await connection.giveBack(job, token);
    } finally {
      over.abort();
      await watch;
      this.running.delete(id);
      this.training.delete(data);
    }
  }

  /** Waits until the threads and the memory of a trial are free; if no other trial is running, it starts regardless. */
  private async room(wanted: QueuedTrial, signal: AbortSignal): Promise<void> {
    const { training } = this;
    const fits = (): boolean => {
      const all = [...training, wanted];
      const total = (of: (one: QueuedTrial) => number) => all.reduce((sum, one) => sum + of(one), 0);
      return (
        total(({ trial }) => trial.threads) <= availableParallelism() && total(({ bytes }) => bytes) <= this.memory
      );
    };
    if (this.settings.jobs === "auto") {
      while (training.size > 0 && !fits() && !signal.aborted) await sleep(roomEvery);
    }
    if (training.size === 0) this.memory = availableMemory();
    training.add(wanted);
  }

  /** The reason why this worker cannot train a trial; null if it can. */
  private async refusalOf({ versions, sweep, trial, store }: QueuedTrial): Promise<ZayaError | null> {
    const own = queueVersions();
    const names = Object.keys(own).filter((name) => own[name] !== versions[name]);
    const which = `trial ${trial.id} of sweep ${sweep}`;
    if (names.length > 0) {
      const list = (of: Readonly<Record<string, string>>) => names.map((name) => `${name} ${of[name]}`).join(", ");
      return new EngineError(
        `a worker must have the sweep's versions, because results can depend on them - got ${list(own)} for ${which}, which needs ${list(versions)}`,
        `install zaya ${versions["zaya"]} here, or start the sweep with zaya ${own["zaya"]}`,
      );
    }
    const { out } = this.settings;
    const found = await knownStoreId(out);
    if (found === store) return null;
    return new RunError(
      `a worker must have access to the folder of the sweep - got ${found === null ? "none" : "another one"} at ${out} for ${which}`,
      "--out is the folder that contains sweeps/ and trials/, shared by all machines",
    );
  }

  /** Reports the progress of a trial, and checks whether its sweep has asked it to stop. */
  private async watch(
    job: Job<QueuedTrial, QueuedEnd>,
    at: { readonly step: number },
    over: AbortSignal,
    stop: () => void,
  ): Promise<void> {
    const { trial, until } = job.data;
    let reported = 0;
    while (!over.aborted) {
      await sleep(lookEvery, undefined, { signal: over }).catch(() => undefined);
      if (over.aborted) return;
      // While Redis is unreachable, these calls wait, and the trial continues.
      const look = async (): Promise<void> => {
        if ((await this.connection.redis.sismember(stopKey, job.id!)) === 1) stop();
        const share = Math.min(1, at.step / (until ?? trial.config.train.steps));
        if (share - reported < reportShare) return;
        await job.updateProgress(share);
        reported = share;
      };
      const looked = new AbortController();
      const signal = AbortSignal.any([over, looked.signal]);
      await Promise.race([
        look().catch(() => undefined),
        sleep(lockDuration, undefined, { signal }).catch(() => undefined),
      ]);
      looked.abort();
    }
  }
}
