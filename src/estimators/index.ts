export * from "./gradient.ts";
export * from "./marginal-likelihood.ts";
export * from "../numeric/monte-carlo.ts";
