export * from "./pictures.ts";
export * from "./plot.ts";
