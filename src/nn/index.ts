export * from "./coders.ts";
export * from "./compose.ts";
export * from "./conv.ts";
export * from "./init.ts";
export * from "./layer.ts";
export * from "./linear.ts";
export * from "./norm.ts";
export * from "./running-mean.ts";
