// What the tests of zaya/web ask a page to do.
import { betaVae, gan, vae } from "zaya/models";
import { affine } from "./own-recipe.js";
import { isLast } from "../../kernels/trainings.js";
import { OpfsStore, readPictures, resumeInWorker, trainInWorker } from "zaya/web";

const recipes = { affine, betaVae, gan, vae };

const ownWorker = () => new Worker(new URL("./own-worker.js", import.meta.url), { type: "module" });

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function run(training, stopAt) {
  const events = [];
  try {
    for await (const event of training) {
      events.push(event.type);
      if (event.type === "step" && event.step === stopAt) training.stop();
    }
    const files = await training.list();
    const params = files.findLast(isLast);
    const digest = params && hex(await crypto.subtle.digest("SHA-256", await training.read(params)));
    return { digest, files, events: [...new Set(events)] };
  } catch (error) {
    return { error: error.message, kind: error.constructor.name, hint: error.hint };
  } finally {
    training.close();
  }
}

globalThis.page = {
  train: (recipe, options, data, training, store, stopAt) =>
    run(trainInWorker(recipes[recipe](options), data, training, { store }), stopAt),
  /** Parameters after a training run on a device, as the bytes of their file. */
  async parameters(device, recipe, options, data, training) {
    const own = trainInWorker(recipes[recipe](options), data, training, { device });
    try {
      for await (const _ of own);
      const file = (await own.list()).findLast(isLast);
      const record = JSON.parse(new TextDecoder().decode(await own.read("run.json")));
      const { config, versions, warnings } = record;
      return { bytes: Array.from(await own.read(file)), device: config.device, versions, warnings };
    } catch (error) {
      return { error: error.message, hint: error.hint };
    } finally {
      own.close();
    }
  },
  resume: (store, data) => run(resumeInWorker(store, data)),
  /** The same in a Worker that serves a recipe of its own. */
  trainOwn: (recipe, data, training, store, stopAt) =>
    run(trainInWorker(recipes[recipe](), data, training, { store, worker: ownWorker() }), stopAt),
  resumeOwn: (store, data) => run(resumeInWorker(store, data, { worker: ownWorker() })),
  stores: () => OpfsStore.names(),
  delete: (store) => OpfsStore.delete(store),
  async pictures(count) {
    const sources = [];
    for (let i = 0; i < count; i++) {
      const canvas = new OffscreenCanvas(40, 20);
      const context = canvas.getContext("2d");
      context.fillStyle = `rgb(${i}, 100, 200)`;
      context.fillRect(0, 0, 40, 20);
      sources.push(new File([await canvas.convertToBlob({ type: "image/png" })], `${i}.png`));
    }
    sources.push(new File([new Uint8Array(10)], "broken.png"));
    const { train, test } = await readPictures(sources, { name: "drawn", size: 8 });
    return {
      shape: train.shape,
      sizes: [train.size, test.size],
      skipped: train.skipped,
      first: Array.from((await train.read([0])).data.subarray(0, 3), (value) => Math.round(255 * value)),
    };
  },
};

const worker = new Worker(new URL("./store-worker.js", import.meta.url), { type: "module" });
const waiting = new Map();
worker.addEventListener("message", ({ data }) => waiting.get(data.id)(data));
/** Calls a method of a store in the Worker. */
globalThis.callStore = (...words) =>
  new Promise((resolve) => {
    const id = waiting.size;
    waiting.set(id, resolve);
    worker.postMessage([id, ...words]);
  });
globalThis.ready = true;
