export * from "./events.ts";
export * from "./live-training.ts";
export * from "./run-settings.ts";
export * from "./trainer.ts";
