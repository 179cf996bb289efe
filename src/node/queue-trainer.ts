import type { Queue, QueueEvents } from "bullmq";

import type { Trainer, TrialEnd, TrialJob } from "../sweep/index.ts";
import {
  type QueueConnection,
  type QueuedEnd,
  type QueuedTrial,
  jobId,
  jobOptions,
  persistent,
  queueVersions,
  stopKey,
  workerKey,
  workersKey,
} from "./redis-queue.ts";

/** Milliseconds between two counts of the workers, and between two checks for jobs whose completion event was missed. */
const [countEvery, lookEvery] = [2000, 5000];
/** Number of jobs checked each time. */
const looked = 200;

interface Waiting {
  readonly job: TrialJob;
  readonly resolve: (end: QueuedEnd) => void;
  /** Null until a worker has taken it. */
  share: number | null;
}

/** A worker of a queue. */
interface WorkerRecord {
  readonly host: string;
  readonly pid: number;
  /** Trials that it trains at once. */
  readonly jobs: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** The workers of a queue that reported recently. */
async function workersOf({ redis }: QueueConnection): Promise<WorkerRecord[]> {
  const ids = await redis.smembers(workersKey);
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map(workerKey));
  const gone = ids.filter((_, i) => texts[i] === null);
  if (gone.length > 0) await redis.srem(workersKey, ...gone);
  return texts.flatMap((text) => (text === null || text === undefined ? [] : [JSON.parse(text) as WorkerRecord]));
}

/** Has trials trained by the workers of a queue. */
export class QueueTrainer implements Trainer {
  private readonly waiting = new Map<string, Waiting>();
  private readonly timers: NodeJS.Timeout[] = [];
  /** Number of trials that the workers train at once; null before the first count. */
  private workerSlots: number | null = null;
  private cursor = 0;
  private wake: () => void = () => undefined;

  private constructor(
    private readonly connection: QueueConnection,
    private readonly queue: Queue<QueuedTrial, QueuedEnd>,
    private readonly events: QueueEvents,
    private readonly of: Pick<QueuedTrial, "sweep" | "store" | "bytes">,
    private readonly deserted: () => void,
  ) {}

  /**
   * @param of The sweep, the id of its trials' folder, and the estimated memory of one trial.
   * @param deserted Called when there is no worker: at the start, and whenever the last one leaves.
   */
  static async open(
    connection: QueueConnection,
    of: Pick<QueuedTrial, "sweep" | "store" | "bytes">,
    deserted: () => void,
  ): Promise<QueueTrainer> {
    const trainer = new QueueTrainer(connection, connection.queue(), connection.events(), of, deserted);
    await trainer.events.waitUntilReady();
    trainer.listen();
    await trainer.count();
    return trainer;
  }

  slots(learns: boolean): number {
    return learns ? Math.max(1, this.workers) : Infinity;
  }

  onMoreSlots(listener: () => void): void {
    this.wake = listener;
  }

  progress(job: TrialJob): number | null {
    return this.waiting.get(jobId(job))?.share ?? null;
  }

  /** Number of trials that the workers train at once. */
  get workers(): number {
    return this.workerSlots ?? 0;
  }

  async train(job: TrialJob, signal: AbortSignal): Promise<QueuedEnd> {
    const id = jobId(job);
    const ended = new Promise<QueuedEnd>((resolve) => this.waiting.set(id, { job, resolve, share: null }));
    const stop = () => void this.stop(id);
    signal.addEventListener("abort", stop);
    try {
      await persistent(() => this.add(job));
      const end = await ended;
      await this.discard(id);
      return end;
    } finally {
      signal.removeEventListener("abort", stop);
      this.waiting.delete(id);
    }
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  private async add(job: TrialJob): Promise<void> {
    const id = jobId(job);
    await this.connection.redis.srem(stopKey, id);
    const known = await this.queue.getJob(id);
    const state = await known?.getState();
    // An earlier session of this sweep, or another sweep, ended before collecting its result.
    if (state === "failed" || (state === "completed" && known!.returnvalue === null)) await known!.remove();
    await this.queue.add("trial", { ...job, ...this.of, versions: queueVersions() }, { ...jobOptions, jobId: id });
    if (state === "completed") await this.look(id);
  }

  /** Removes a finished job from the queue: a later request finds its run. */
  private async discard(id: string): Promise<void> {
    const job = await persistent(() => this.queue.getJob(id));
    // If another sweep has just added it again, it is left in the queue.
    await persistent(async () => job?.remove()).catch(() => undefined);
  }

  /** Withdraws a job, or asks its worker to stop it. */
  private async stop(id: string): Promise<void> {
    const job = await this.queue.getJob(id);
    if ((await job?.getState()) === "active") {
      await this.connection.redis.sadd(stopKey, id);
      return;
    }
    // A worker may take the job at the same moment.
    const waiting = this.waiting.get(id);
    await job?.remove().then(
      () => waiting !== undefined && this.settle(id, waiting, null),
      () => this.connection.redis.sadd(stopKey, id),
    );
  }

  private listen(): void {
    // If the server is unreachable or still loading, the next check repeats this.
    const ignored = () => undefined;
    this.events.on("completed", ({ jobId: id }) => void this.look(id).catch(ignored));
    this.events.on("failed", ({ jobId: id }) => void this.look(id).catch(ignored));
    this.events.on("active", ({ jobId: id }) => {
      const waiting = this.waiting.get(id);
      if (waiting !== undefined) waiting.share ??= 0;
    });
    this.events.on("waiting", ({ jobId: id }) => {
      const waiting = this.waiting.get(id);
      if (waiting !== undefined) waiting.share = null;
    });
    this.events.on("progress", ({ jobId: id, data }) => {
      const waiting = this.waiting.get(id);
      if (waiting !== undefined && typeof data === "number") waiting.share = data;
    });
    this.timers.push(setInterval(() => void this.count().catch(ignored), countEvery));
    this.timers.push(setInterval(() => void this.lookAround().catch(ignored), lookEvery));
  }

  private async count(): Promise<void> {
    const own = JSON.stringify(queueVersions());
    const workers = (await workersOf(this.connection)).filter((worker) => JSON.stringify(worker.versions) === own);
    const before = this.workerSlots;
    this.workerSlots = workers.reduce((sum, { jobs }) => sum + jobs, 0);
    if (this.workerSlots === 0 && before !== 0) this.deserted();
    if (this.workerSlots > (before ?? 0)) this.wake();
  }

  /** Checks a few jobs at a time, because events can be lost if the server has no persistence. */
  private async lookAround(): Promise<void> {
    const ids = [...this.waiting.keys()];
    if (this.cursor >= ids.length) this.cursor = 0;
    const some = ids.slice(this.cursor, this.cursor + looked);
    this.cursor += looked;
    for (const id of some) await this.look(id, true);
  }

  /** Resolves a job that has ended. @param again Whether a job that the server has lost is added again. */
  private async look(id: string, again = false): Promise<void> {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    const job = await this.queue.getJob(id);
    const state = await job?.getState();
    if (state === "completed") {
      const { returnvalue } = (await this.queue.getJob(id)) ?? job!;
      this.settle(id, waiting, returnvalue);
    } else if (state === "failed") {
      const { failedReason } = (await this.queue.getJob(id)) ?? job!;
      this.settle(id, waiting, failed(failedReason));
    } else if (job === undefined && again && this.waiting.get(id) === waiting) {
      await this.add(waiting.job);
    }
  }

  /** Stops waiting for a job, so that a check that finds it removed from the queue does not add it again. */
  private settle(id: string, waiting: Waiting, end: QueuedEnd): void {
    if (this.waiting.get(id) === waiting) this.waiting.delete(id);
    waiting.resolve(end);
  }
}

function failed(reason: string): TrialEnd {
  return { status: "failed", reason: /stalled/.test(reason) ? "its workers were lost repeatedly" : reason };
}
