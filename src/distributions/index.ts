export * from "./bernoulli.ts";
export * from "./normal.ts";
