import { OptionError } from "../base/errors.ts";
import { ndarray } from "../base/ndarray.ts";
import { MemoryStore, type Store } from "../base/store.ts";
import { type DataSplit, type Dataset, arrayDataset, datasets } from "../data/index.ts";
import { type ModelDefinition, type Recipe, models } from "../models/index.ts";
import { Run } from "../run/index.ts";
import { type TrainEvent, resume, train } from "../train/index.ts";
import { fetchData } from "./data.ts";
import { webEngine, webVersions } from "./engine.ts";
import { type DataMessage, type FromWorker, type ItemsMessage, type ToWorker, failureOf } from "./messages.ts";
import { OpfsStore } from "./opfs-store.ts";

/**
 * Makes the calling Worker serve `trainInWorker` and `resumeInWorker`: it trains and posts events to the page.
 * Call it once, when the Worker's module is evaluated.
 * @param own Recipes of your own, in addition to the built-in ones.
 * @throws OptionError for a recipe with the name of a built-in one.
 */
export function serveTraining(own: readonly Recipe[] = []): void {
  for (const { definition } of own) {
    if (!models.some(({ name }) => name === definition.name)) continue;
    throw new OptionError(`a recipe must not have the name of a built-in one - got ${definition.name}`, "rename it");
  }
  const served = new Served(own);
  addEventListener("message", ({ data }: MessageEvent<ToWorker>) => served.hear(data));
}

type Request = Extract<ToWorker, { type: "train" | "resume" }>;

const tell = (message: FromWorker): void => postMessage(message);

/** The training run of a Worker, which runs only one. */
class Served {
  private readonly controller = new AbortController();
  private store: Store = new MemoryStore();

  constructor(private readonly own: readonly Recipe[]) {}

  hear(message: ToWorker): void {
    if (message.type === "stop") this.controller.abort();
    else if (message.type === "train" || message.type === "resume") void this.work(message);
    else void this.answer(message);
  }

  private async work(message: Request): Promise<void> {
    try {
      for await (const event of await this.begin(message)) tell({ type: "event", event });
      tell({ type: "ended" });
    } catch (error) {
      tell(failureOf(error));
    }
  }

  private async begin(message: Request): Promise<AsyncIterable<TrainEvent>> {
    const { signal } = this.controller;
    if (message.type === "resume") {
      this.store = await OpfsStore.open(message.store);
      const run = await Run.open(this.store);
      const recipe = this.own.find(({ definition }) => definition.name === run.config.recipe);
      if (recipe !== undefined) run.takeRecipe(recipe);
      const { device = run.config.device === "webgpu" ? "webgpu" : "wasm", threads } = message.engine;
      const settings = { engine: await webEngine({ device, threads }), signal, versions: webVersions(threads) };
      return resume(run, await opened(message.data), settings);
    }
    const { recipe, options, data, training, engine, store: name } = message.request;
    const settings = { engine: await webEngine(engine), signal, versions: webVersions(engine.threads) };
    if (name !== undefined) this.store = await OpfsStore.open(name);
    const definition = this.definitionOf(recipe);
    return train({ definition, options }, await opened(data), training, { ...settings, store: this.store });
  }

  /** @throws OptionError for a recipe that the Worker does not have. */
  private definitionOf(recipe: string): ModelDefinition {
    const definition = [...this.own.map((each) => each.definition), ...models].find(({ name }) => name === recipe);
    if (definition !== undefined) return definition;
    throw new OptionError(
      `a Worker trains built-in recipes and those that it serves - got ${recipe}`,
      "create a Worker whose module calls serveTraining([recipe]), and pass it as { worker }",
    );
  }

  private async answer(message: Extract<ToWorker, { type: "read" | "list" }>): Promise<void> {
    try {
      const value = message.type === "read" ? await this.store.read(message.file) : await this.store.list("");
      tell({ type: "answer", id: message.id, value });
    } catch (error) {
      tell({ type: "refused", id: message.id, message: (error as Error).message });
    }
  }
}

async function opened(data: DataMessage): Promise<DataSplit> {
  if (data.kind === "arrays") return { train: datasetOf(data.train), test: datasetOf(data.test) };
  if (data.kind === "fetched") return fetchData(data.name, data.base);
  const named = datasets.find(({ name }) => name === data.name);
  if (named?.origin === "drawn") return named.generate(data.size ?? named.sizes[0]!);
  if (named?.origin === "generated") return named.generate();
  const made = datasets.filter(({ origin }) => origin === "drawn" || origin === "generated");
  throw new OptionError(
    `built-in data in a Worker must be generated from their definition - got ${data.name}`,
    `known are ${made.map(({ name }) => name).join(", ")}; others are fetched: { name, base }`,
  );
}

function datasetOf({ name, kind, shape, items, labels }: ItemsMessage): Dataset {
  const array = items instanceof Uint8Array ? ndarray("uint8", shape, items) : ndarray("float32", shape, items);
  return arrayDataset({ name, kind, items: array as never, labels });
}
