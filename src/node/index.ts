export { type OpenDataOptions, openData, openData as images } from "./data.ts";
export { type Device, devices, nodeEngine, ortOptions, versions } from "./engine.ts";
export { FolderStore } from "./folder-store.ts";
export { requireFree, writeOutput } from "./output-file.ts";
export {
  type RunFolder,
  createNumberedRunFolder,
  createRunFolder,
  openRunFolder,
  requireFreeFolder,
  requireRun,
} from "./run-folder.ts";
