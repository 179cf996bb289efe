export * from "./evaluate.ts";
export * from "./evaluation-files.ts";
export { type Subject, takesFeatures } from "./metric-inputs.ts";
export { cycleInputs } from "./translation-inputs.ts";
