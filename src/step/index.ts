export * from "./health.ts";
export { layoutsOf } from "./layout.ts";
