export * from "./engine.ts";
export * from "./interpreter.ts";
export * from "./ort.ts";
