// The core, room by room: everything that runs in Node and in browsers alike. Files and folders are in "zaya/node".
export * from "./base/errors.ts";
export * from "./base/ndarray.ts";
export { type Points, toPoints } from "./numeric/points.ts";
export * from "./base/random.ts";
export { type OptionDescription, describeOptions } from "./base/options.ts";
export { MemoryStore, type Store } from "./base/store.ts";
export { type Tree, flatten, mapTree, unflatten } from "./base/tree.ts";

export { decodeIdx } from "./codec/idx.ts";
export { decodeNpy, encodeNpy } from "./codec/npy.ts";
export { encodePng } from "./codec/png.ts";
export { type SafetensorsFile, decodeSafetensors, encodeSafetensors } from "./codec/safetensors.ts";

export { evaluate } from "./graph/evaluate.ts";
export { type Dims, type Op, type Tensor, type TensorType, constant, defineOp, input } from "./graph/tensor.ts";

export * as autodiff from "./autodiff/index.ts";
export * as data from "./data/index.ts";
export * as diagnosis from "./diagnosis/index.ts";
export * as distances from "./distances/index.ts";
export * as distributions from "./distributions/index.ts";
export * as divergences from "./divergences/index.ts";
export * as estimators from "./estimators/index.ts";
export * as evaluation from "./evaluation/index.ts";
export * as metrics from "./metrics/index.ts";
export * as models from "./models/index.ts";
export * as nn from "./nn/index.ts";
export * as objectives from "./objectives/index.ts";
export * as onnx from "./onnx/index.ts";
export * as ops from "./ops/index.ts";
export * as optim from "./optim/index.ts";
export * as plot from "./plot/index.ts";
export * as report from "./report/index.ts";
export * as run from "./run/index.ts";
export * as runtime from "./runtime/index.ts";
export * as step from "./step/index.ts";
export * as train from "./train/index.ts";
export * as trained from "./trained/index.ts";
export * as transforms from "./transforms/index.ts";
export * as transport from "./transport/index.ts";
