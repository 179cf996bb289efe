export { RunHistory } from "./run-history.ts";
export * from "./diagnose.ts";
export * from "./symptom.ts";
export { symptoms } from "./symptoms/index.ts";
