import { DivergedError, OptionError } from "../base/errors.ts";
import { range } from "../base/range.ts";
import type { DataSplit, Dataset } from "../data/index.ts";
import type { ConfiguredModel } from "../models/index.ts";
import type { TrainOptions } from "../run/index.ts";
import type { TrainEvent } from "../train/index.ts";
import type { WebEngineOptions } from "./engine.ts";
import {
  type DataMessage,
  type FromWorker,
  type ItemsMessage,
  type ToWorker,
  errorKinds,
  failureOf,
} from "./messages.ts";

/** Data for a Worker: items in memory, or the name of built-in data that are generated, or fetched from a base URL. */
export type WorkerData =
  | DataSplit
  | { readonly name: string; readonly size?: number }
  | { readonly name: string; readonly base: string | URL };

/** Device and threads of a Worker's engine, the Worker itself, and where it stores its run. */
export interface WorkerSettings extends WebEngineOptions {
  /** A Worker of your own that calls `serveTraining`, for recipes of your own; by default, zaya starts one. */
  readonly worker?: Worker;
  /** Name of the run in the browser's file system, where it persists after the tab is closed; in memory by default. */
  readonly store?: string;
}

/** A training run in a Worker: its events in order, and the files of its run. */
export interface WorkerTraining extends AsyncIterable<TrainEvent> {
  /** Completes the current step, saves and ends. */
  stop(): void;
  /** A file of the run, also after its end: `export/decoder.onnx`. @throws RunError when there is no such file. */
  read(file: string): Promise<Uint8Array>;
  /** Names of the run's files. */
  list(): Promise<readonly string[]>;
  /** Ends the Worker; unsaved progress is lost. */
  close(): void;
}

/**
 * Trains a recipe in a Worker, so that the page stays responsive.
 * @throws OptionError for pairs. Iterating throws what `train` throws, and OptionError for a recipe that the Worker does not have.
 */
export function trainInWorker(
  { definition, options }: ConfiguredModel,
  data: WorkerData,
  training: TrainOptions = {},
  { worker, store, device, threads }: WorkerSettings = {},
): WorkerTraining {
  requireCrossing(data);
  const request = { recipe: definition.name, options, training, engine: { device, threads }, store };
  const first = async (): Promise<ToWorker> => ({
    type: "train",
    request: { ...request, data: await messageOf(data) },
  });
  return new Training(first, worker);
}

/**
 * Resumes a run in the browser's file system, on its own device unless another is given. Iterating throws what `resume`
 * throws.
 */
export function resumeInWorker(
  store: string,
  data: WorkerData,
  { worker, ...engine }: Omit<WorkerSettings, "store"> = {},
): WorkerTraining {
  requireCrossing(data);
  return new Training(async () => ({ type: "resume", store, data: await messageOf(data), engine }), worker);
}

class Training implements WorkerTraining {
  private readonly heard: Extract<FromWorker, { type: "event" | "ended" | "failed" }>[] = [];
  private readonly asked = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  private wake: (() => void) | null = null;
  private questions = 0;
  /** Resolves when the Worker has been sent its request. */
  private readonly begun: Promise<void>;

  constructor(
    first: () => Promise<ToWorker>,
    // Bundlers recognise only this exact expression.
    private readonly worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" }),
  ) {
    this.worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => this.hear(data));
    this.worker.addEventListener("error", ({ message }) =>
      this.hear({
        type: "failed",
        kind: errorKinds.length - 1,
        message: `the Worker failed: ${message || "its script could not be loaded"}`,
      }),
    );
    this.begun = first().then((message) => this.worker.postMessage(message));
    this.begun.catch((error: unknown) => this.hear(failureOf(error)));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainEvent, void> {
    for (;;) {
      const message = this.heard.shift();
      if (message === undefined) await new Promise<void>((resolve) => (this.wake = resolve));
      else if (message.type === "event") yield message.event;
      else if (message.type === "ended") return;
      else throw errorOf(message);
    }
  }

  stop(): void {
    this.send({ type: "stop" }).catch(() => {});
  }

  read(file: string): Promise<Uint8Array> {
    return this.ask((id) => ({ type: "read", id, file }));
  }

  list(): Promise<readonly string[]> {
    return this.ask((id) => ({ type: "list", id }));
  }

  close(): void {
    this.worker.terminate();
  }

  private async send(message: ToWorker): Promise<void> {
    await this.begun;
    this.worker.postMessage(message);
  }

  private ask<T>(message: (id: number) => ToWorker): Promise<T> {
    const id = this.questions++;
    return new Promise<T>((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.send(message(id)).catch(reject);
    });
  }

  private hear(message: FromWorker): void {
    if (message.type === "answer" || message.type === "refused") {
      const asked = this.asked.get(message.id);
      this.asked.delete(message.id);
      if (message.type === "answer") asked?.resolve(message.value as never);
      else asked?.reject(new Error(message.message));
      return;
    }
    this.heard.push(message);
    this.wake?.();
  }
}

function errorOf({ kind, message, hint, step }: Extract<FromWorker, { type: "failed" }>): Error {
  if (step !== undefined) return new DivergedError(step, message, hint);
  const Kind = errorKinds[kind];
  return Kind === undefined ? new Error(message) : new Kind(message, hint);
}

/** @throws OptionError for pairs, which cannot be sent to a Worker yet. */
function requireCrossing(data: WorkerData): void {
  if (!("train" in data) || data.train.kind !== "pair") return;
  throw new OptionError(
    `trainInWorker takes images or points - got pairs in ${data.train.name}`,
    "train in a Worker of your own",
  );
}

async function messageOf(data: WorkerData): Promise<DataMessage> {
  if ("train" in data) {
    return { kind: "arrays", train: await itemsOf(data.train), test: await itemsOf(data.test) };
  }
  if ("base" in data) return { kind: "fetched", name: data.name, base: new URL(data.base, document.baseURI).href };
  return { kind: "made", name: data.name, size: data.size };
}

async function itemsOf(data: Dataset): Promise<ItemsMessage> {
  const { name, size, labels } = data;
  const kind = data.kind as ItemsMessage["kind"];
  const { shape, data: items } = await data.read(range(0, size));
  return { name, kind, shape, items, labels };
}
