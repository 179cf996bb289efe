export * from "./bernoulli.ts";
export * from "./categorical.ts";
export * from "./normal.ts";
