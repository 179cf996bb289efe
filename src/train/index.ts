export * from "./events.ts";
export * from "./trainer.ts";
