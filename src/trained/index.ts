export * from "./export.ts";
export * from "./features.ts";
export * from "./onnx-features.ts";
export * from "./onnx-translator.ts";
export * from "./open-trained.ts";
export * from "./trained.ts";
export * from "./translate.ts";
export * from "./ways.ts";
