export * from "./check.ts";
export * from "./grad.ts";
