export * from "./dataset.ts";
export * from "./datasets/index.ts";
export * from "./idx-dataset.ts";
export * from "./loader.ts";
export * from "./npy-dataset.ts";
export * from "./pairs.ts";
export * from "./summary.ts";
export * from "./resize-bilinear.ts";
