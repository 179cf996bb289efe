export * from "./emit.ts";
export type { ValueAbout } from "./protobuf.ts";
export * from "./read.ts";
