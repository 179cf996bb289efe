export { fetchData } from "./data.ts";
export { type PictureOptions, type PictureSource, fetchPictures, readPictures } from "./image-files.ts";
export { OpfsStore } from "./opfs-store.ts";
export {
  type WorkerData,
  type WorkerSettings,
  type WorkerTraining,
  resumeInWorker,
  trainInWorker,
} from "./train-in-worker.ts";
export { serveTraining } from "./serve-training.ts";
export { browserThreads } from "./start-thread.ts";
export { type WebDevice, type WebEngineOptions, webEngine } from "./engine.ts";
export { wasmEngine } from "../runtime/index.ts";
