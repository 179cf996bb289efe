export * from "./discrete-js.ts";
export * from "./discrete-kl.ts";
export * from "./kernel.ts";
export * from "./knn-js.ts";
export * from "./knn-kl.ts";
export * from "./mmd.ts";
export * from "./normal-1d.ts";
