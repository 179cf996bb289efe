export * from "./own-checks.ts";
export { RunHistory } from "./run-history.ts";
export { samplesFor } from "./sample-snapshots.ts";
export * from "./diagnose.ts";
export * from "./symptom.ts";
export { symptoms } from "./symptoms/index.ts";
