export * from "./exact.ts";
export * from "./ground-cost.ts";
export { requireWeights } from "./masses.ts";
export * from "./plan.ts";
export * from "./sinkhorn-self.ts";
export * from "./sinkhorn.ts";
export * from "./sliced.ts";
export * from "./support.ts";
export { wasserstein1d } from "./wasserstein-1d.ts";
