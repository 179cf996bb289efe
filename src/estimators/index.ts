export * from "./gradient.ts";
export * from "./marginal-likelihood.ts";
export * from "./monte-carlo.ts";
