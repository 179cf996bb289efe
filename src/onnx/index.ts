export * from "./emit.ts";
export * from "./read.ts";
