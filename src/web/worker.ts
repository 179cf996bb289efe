// The module that a Worker runs: it trains and posts events to the page.
import { OptionError } from "../base/errors.ts";
import { ndarray } from "../base/ndarray.ts";
import { MemoryStore, type Store } from "../base/store.ts";
import { type DataSplit, type Dataset, arrayDataset, datasets } from "../data/index.ts";
import { models } from "../models/index.ts";
import { Run } from "../run/index.ts";
import { type TrainEvent, resume, train } from "../train/index.ts";
import { fetchData } from "./data.ts";
import { webEngine, webVersions } from "./engine.ts";
import { type DataMessage, type FromWorker, type ItemsMessage, type ToWorker, failureOf } from "./messages.ts";
import { OpfsStore } from "./opfs-store.ts";

const controller = new AbortController();
let store: Store = new MemoryStore();

const tell = (message: FromWorker): void => postMessage(message);

addEventListener("message", ({ data: message }: MessageEvent<ToWorker>) => {
  if (message.type === "stop") controller.abort();
  else if (message.type === "train" || message.type === "resume") void work(message);
  else void answer(message);
});

async function work(message: Extract<ToWorker, { type: "train" | "resume" }>): Promise<void> {
  try {
    for await (const event of await begin(message)) tell({ type: "event", event });
    tell({ type: "ended" });
  } catch (error) {
    tell(failureOf(error));
  }
}

async function begin(message: Extract<ToWorker, { type: "train" | "resume" }>): Promise<AsyncIterable<TrainEvent>> {
  const { signal } = controller;
  if (message.type === "resume") {
    store = await OpfsStore.open(message.store);
    const run = await Run.open(store);
    const { device = run.config.device === "webgpu" ? "webgpu" : "wasm", threads } = message.engine;
    const settings = { engine: await webEngine({ device, threads }), signal, versions: webVersions(threads) };
    return resume(run, await opened(message.data), settings);
  }
  const { recipe, options, data, training, engine, store: name } = message.request;
  const settings = { engine: await webEngine(engine), signal, versions: webVersions(engine.threads) };
  if (name !== undefined) store = await OpfsStore.open(name);
  const definition = models.find((each) => each.name === recipe)!;
  return train({ definition, options }, await opened(data), training, { ...settings, store });
}

async function opened(data: DataMessage): Promise<DataSplit> {
  if (data.kind === "arrays") return { train: datasetOf(data.train), test: datasetOf(data.test) };
  if (data.kind === "fetched") return fetchData(data.name, data.base);
  const named = datasets.find(({ name }) => name === data.name);
  if (named?.origin === "drawn") return named.generate(data.size ?? named.sizes[0]!);
  if (named?.origin === "generated") return named.generate();
  const made = datasets.filter(({ origin }) => origin === "drawn" || origin === "generated");
  throw new OptionError(
    `data in a Worker must be made from their definition - got ${data.name}`,
    `known are ${made.map(({ name }) => name).join(", ")}; others are fetched: { name, base }`,
  );
}

function datasetOf({ name, kind, shape, items, labels }: ItemsMessage): Dataset {
  const array = items instanceof Uint8Array ? ndarray("uint8", shape, items) : ndarray("float32", shape, items);
  return arrayDataset({ name, kind, items: array as never, labels });
}

async function answer(message: Extract<ToWorker, { type: "read" | "list" }>): Promise<void> {
  try {
    const value = message.type === "read" ? await store.read(message.file) : await store.list("");
    tell({ type: "answer", id: message.id, value });
  } catch (error) {
    tell({ type: "refused", id: message.id, message: (error as Error).message });
  }
}
