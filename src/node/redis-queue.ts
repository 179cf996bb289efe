import { setTimeout as sleep } from "node:timers/promises";

import type { Job, JobsOptions, Queue, QueueEvents, Worker } from "bullmq";
import type { Redis } from "ioredis";

import { EngineError, OptionError, ZayaError } from "../base/errors.ts";
import type { TrialEnd, TrialJob } from "../sweep/index.ts";
import { versions } from "./engine.ts";

/** The content of a job. */
export interface QueuedTrial extends TrialJob {
  /** The sweep that requested it first, for messages. */
  readonly sweep: string;
  /** Id of the folder in which its run is stored. */
  readonly store: string;
  /** Estimated memory; 0 where it is not known. */
  readonly bytes: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** The result of a trial, or null if it was asked to stop. */
export type QueuedEnd = TrialEnd | null;

/** Milliseconds without a heartbeat after which the trials of a worker are given to others. */
export const lockDuration = 10_000;
/** Milliseconds between two checks for workers without a heartbeat. */
const stalledInterval = 5000;

/** Number of times that a trial may be recovered from lost workers before it counts as failed. */
const maxLost = 20;

const queueName = "zaya-trials";
/** Keys used by zaya in addition to those of the queue. */
export const workersKey = "zaya:workers";
export const workerKey = (id: string): string => `zaya:worker:${id}`;
export const stopKey = "zaya:stop";

/** Milliseconds within which Redis must answer the first request. */
const patience = 5000;

/** Versions on which the results of a trial depend, and which must therefore be the same on all workers. */
export function queueVersions(): Record<string, string> {
  const { zaya, onnxruntime, platform } = versions();
  return { zaya: zaya!, onnxruntime: onnxruntime ?? "none", platform: platform! };
}

/** A connection to the queue of a Redis or Valkey server. */
export interface QueueConnection {
  /** URL of the server, without the password. */
  readonly server: string;
  readonly redis: Redis;
  queue(): Queue<QueuedTrial, QueuedEnd>;
  events(): QueueEvents;
  worker(
    process: (job: Job<QueuedTrial, QueuedEnd>, token: string) => Promise<QueuedEnd>,
    concurrency: number,
  ): Worker<QueuedTrial, QueuedEnd>;
  /** Returns a job to the queue for other workers, and throws the error by which BullMQ recognises this. */
  giveBack(job: Job<QueuedTrial, QueuedEnd>, token: string): Promise<never>;
  close(): Promise<void>;
}

/**
 * Connects to the queue.
 * @param warn Called when Redis becomes unreachable, and when it is available again.
 * @throws OptionError for an invalid URL. @throws EngineError if the packages are not installed, or Redis does not
 * answer.
 */
export async function connectQueue(url: string, warn: (line: string) => void): Promise<QueueConnection> {
  const server = serverOf(url);
  const { bullmq, ioredis } = await loadQueue();
  await requireRedis(ioredis, url, server, warn);
  const open: { close(): Promise<unknown> }[] = [];
  let away = false;
  const watched = <Of extends { close(): Promise<unknown> }>(client: Of): Of => {
    const { on } = client as unknown as { on(event: string, listener: (error: Error) => void): void };
    on.call(client, "error", (error) => {
      if (!isConnectionError(error) || away) return;
      away = true;
      warn(`${server} does not answer (${codeOf(error)}); waiting for it`);
    });
    open.push(client);
    return client;
  };
  const connection = { url, maxRetriesPerRequest: null, retryStrategy };
  const redis = new ioredis.Redis(url, { maxRetriesPerRequest: null, retryStrategy });
  redis.on("error", () => undefined);
  redis.on("ready", () => {
    if (away) warn(`${server} is back`);
    away = false;
  });
  return {
    server,
    redis,
    queue: () => watched(new bullmq.Queue<QueuedTrial, QueuedEnd>(queueName, { connection })),
    events: () => watched(new bullmq.QueueEvents(queueName, { connection })),
    worker: (process, concurrency) =>
      watched(
        new bullmq.Worker<QueuedTrial, QueuedEnd>(queueName, async (job, token) => process(job, token!), {
          connection,
          concurrency,
          lockDuration,
          stalledInterval,
          maxStalledCount: maxLost,
        }),
      ),
    giveBack: async (job, token) => {
      await job.moveToWait(token);
      throw new bullmq.WaitingError();
    },
    close: async () => {
      await Promise.all(open.map((client) => client.close().catch(() => undefined)));
      redis.disconnect();
    },
  };
}

/** Options of a job: its result is kept until the sweep that requested it has collected it. */
export const jobOptions: JobsOptions = { attempts: 1, removeOnComplete: false, removeOnFail: false };

/** The id of the job for one part of a trial. Adding a job with an existing id has no effect. */
export function jobId({ trial, until }: Pick<TrialJob, "trial" | "until">): string {
  return `${trial.id}-${until ?? "end"}`;
}

/** Repeats a request while the server is unreachable or still loading its data. */
export async function persistent<T>(body: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await body();
    } catch (error) {
      if (!isConnectionError(error as Error)) throw error;
      await sleep(retryPause);
    }
  }
}

/** Milliseconds before a failed request is repeated. */
const retryPause = 1000;

function retryStrategy(times: number): number {
  return Math.min(1000, 50 * times);
}

/** @throws OptionError if the text is not the URL of a Redis server. */
function serverOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw notRedis(url);
  }
  if (!["redis:", "rediss:"].includes(parsed.protocol)) throw notRedis(url);
  return `Redis at ${parsed.hostname}:${parsed.port === "" ? 6379 : parsed.port}`;
}

function notRedis(url: string): OptionError {
  // Even an invalid URL may contain a password.
  const shown = url.includes("@") ? url.slice(url.lastIndexOf("@") + 1) : url;
  return new OptionError(
    `queue must be the URL of a Redis server - got ${shown}`,
    "for example redis://127.0.0.1:6379",
    "queue",
  );
}

interface QueuePackages {
  readonly bullmq: typeof import("bullmq");
  readonly ioredis: Pick<typeof import("ioredis"), "Redis">;
}

async function loadQueue(): Promise<QueuePackages> {
  try {
    return { bullmq: await import("bullmq"), ioredis: await import("ioredis") };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === "ERR_MODULE_NOT_FOUND" ? "one of them is not installed" : message.split("\n")[0]!;
    throw new EngineError(`--queue needs the packages bullmq and ioredis - ${what}`, "npm install bullmq ioredis");
  }
}

/** @throws EngineError if no Redis server answers, or its version is too old. */
async function requireRedis(
  { Redis: Client }: QueuePackages["ioredis"],
  url: string,
  server: string,
  warn: (line: string) => void,
): Promise<void> {
  const client = new Client(url, { lazyConnect: true, connectTimeout: patience, retryStrategy: () => null });
  let cause: Error | undefined;
  client.on("error", (error: Error) => (cause = error));
  try {
    await client.connect();
    const info = await client.info("server");
    const version = /redis_version:(\d+)\.(\d+)/.exec(info);
    if (version !== null && Number(version[1]) * 100 + Number(version[2]) < 602) {
      throw new EngineError(`${server} must be version 6.2 or later - got ${version[1]}.${version[2]}`);
    }
    for (const line of await settingsAgainst(client, server)) warn(line);
  } catch (error) {
    if (error instanceof ZayaError) throw error;
    // The first error of the connection says more than that of the failed request.
    const met = cause ?? (error as Error);
    const { message } = met;
    const hint = /NOAUTH|WRONGPASS/.test(message)
      ? "include the password in the URL: redis://:PASSWORD@HOST:PORT"
      : "is it running? docs/scale.md shows how to start one";
    throw new EngineError(`${server} must answer - got ${/NOAUTH|WRONGPASS/.exec(message)?.[0] ?? codeOf(met)}`, hint);
  } finally {
    client.disconnect();
  }
}

/** Warnings about settings of the server that could lose jobs. Hosted servers may not reveal their settings. */
async function settingsAgainst(client: Redis, server: string): Promise<string[]> {
  const setting = async (name: string): Promise<string | undefined> =>
    ((await client.config("GET", name).catch(() => [])) as string[])[1];
  const policy = await setting("maxmemory-policy");
  const [limit, append] = [await setting("maxmemory"), await setting("appendonly")];
  return [
    ...(policy !== undefined && policy !== "noeviction" && limit !== "0"
      ? [`${server} drops keys when its memory is full (maxmemory-policy ${policy}): set it to noeviction`]
      : []),
    ...(append === "no"
      ? [`${server} has no append-only file: after a restart, only the sweep can queue waiting trials again`]
      : []),
  ];
}

function isConnectionError(error: Error): boolean {
  return /ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|closed|LOADING/i.test(`${codeOf(error)} ${error.message}`);
}

function codeOf(error: Error): string {
  const inner = (error as AggregateError).errors?.[0] as NodeJS.ErrnoException | undefined;
  return (error as NodeJS.ErrnoException).code ?? inner?.code ?? error.message;
}
