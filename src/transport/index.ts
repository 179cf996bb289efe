export * from "./exact.ts";
export * from "./ground-cost.ts";
export * from "./plan.ts";
export * from "./sinkhorn-self.ts";
export * from "./sinkhorn.ts";
export * from "./sliced.ts";
export * from "./wasserstein-1d.ts";
