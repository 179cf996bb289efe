export * from "./adversarial.ts";
export * from "./gradient-penalty.ts";
