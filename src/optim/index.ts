export * from "./adam.ts";
export * from "./clip.ts";
export * from "./ema.ts";
export * from "./optimizer.ts";
export * from "./rmsprop.ts";
export * from "./schedule.ts";
export * from "./sgd.ts";
