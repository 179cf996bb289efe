export type { OpenDataOptions, OpenItemsOptions } from "../run/option-types.ts";
export { openData, openData as images, openItems } from "./data.ts";
export {
  type Device,
  type NodeEngineOptions,
  devices,
  nodeEngine,
  ortOptions,
  sharpVersion,
  defaultDevice,
  versions,
} from "./engine.ts";
export { FolderStore } from "./folder-store.ts";
export {
  counterpart,
  encodeAnimation,
  encodeImage,
  filesIn,
  imageEndings,
  readImage,
  writableName,
} from "./image-files.ts";
export { availableMemory } from "./memory.ts";
export { type DefaultData, defaultData } from "./named-data.ts";
export { onnxFile } from "./onnx-file.ts";
export { requireFree, writeOutput } from "./output-file.ts";
export { type OwnRecipe, importMetric, importRecipe, importSymptom, isModulePath } from "./own-module.ts";
export { readPointWeights } from "./point-weights.ts";
export {
  type RunFolder,
  createNumberedRunFolder,
  createRunFolder,
  isRun,
  openRunFolder,
  requireFreeFolder,
  requireRun,
} from "./run-folder.ts";
