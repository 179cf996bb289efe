export * from "./gradient.ts";
export * from "./marginal-likelihood.ts";
export * from "../base/monte-carlo.ts";
