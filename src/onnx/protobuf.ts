import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { NdArray } from "../base/ndarray.ts";
import type { OnnxAttribute } from "../graph/emitter.ts";
import type { Dims, TensorType } from "../graph/tensor.ts";

// Field numbers and codes are those of onnx.proto, IR version 10.

const dataTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const;
export type OnnxType = keyof typeof dataTypes;

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9. */
export function tensorProto(name: string, type: OnnxType, shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  for (const extent of shape) writer.tag(1, 0).int64(extent);
  return writer.tag(2, 0).int32(dataTypes[type]).tag(8, 2).string(name).tag(9, 2).bytes(bytes).finish();
}

export function bytesOf(value: NdArray<TensorType>): Uint8Array {
  return new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength);
}

/** AttributeProto: name 1, f 2, i 3, s 4, floats 7, ints 8, type 20. */
function attributeProto(name: string, value: OnnxAttribute): Uint8Array {
  const writer = new BinaryWriter().tag(1, 2).string(name);
  if (typeof value === "number") return writer.tag(3, 0).int64(value).tag(20, 0).int32(2).finish();
  if (typeof value === "string") return writer.tag(4, 2).string(value).tag(20, 0).int32(3).finish();
  if ("float" in value) return writer.tag(2, 5).float(value.float).tag(20, 0).int32(1).finish();
  for (const entry of value) writer.tag(8, 0).int64(entry);
  return writer.tag(20, 0).int32(7).finish();
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5. */
export function nodeProto(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>>,
): Uint8Array {
  const writer = new BinaryWriter();
  for (const name of inputs) writer.tag(1, 2).string(name);
  for (const name of outputs) writer.tag(2, 2).string(name);
  writer.tag(3, 2).string(outputs[0]!).tag(4, 2).string(type);
  for (const [name, value] of Object.entries(attributes)) writer.tag(5, 2).bytes(attributeProto(name, value));
  return writer.finish();
}

/** Documentation of an input or output in the file. */
export interface ValueAbout {
  readonly doc?: string;
  /** What it is, as an ONNX denotation: IMAGE. */
  readonly denotation?: string;
  /** What each axis is, as ONNX denotations: DATA_BATCH, DATA_CHANNEL, DATA_FEATURE. */
  readonly axes?: readonly string[];
}

/**
 * ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1, dim_param 2, denotation 3 } } },
 * denotation 6 }, doc_string 3.
 */
export function valueInfoProto(name: string, type: TensorType, shape: Dims, about: ValueAbout = {}): Uint8Array {
  const writer = new BinaryWriter().tag(1, 2).string(name).tag(2, 2).fork().tag(1, 2).fork();
  writer.tag(1, 0).int32(dataTypes[type]).tag(2, 2).fork();
  for (const [axis, extent] of shape.entries()) {
    writer.tag(1, 2).fork();
    if (typeof extent === "number") writer.tag(1, 0).int64(extent);
    else writer.tag(2, 2).string(extent);
    if (about.axes !== undefined) writer.tag(3, 2).string(about.axes[axis]!);
    writer.join();
  }
  writer.join().join();
  if (about.denotation !== undefined) writer.tag(6, 2).string(about.denotation);
  writer.join();
  if (about.doc !== undefined) writer.tag(3, 2).string(about.doc);
  return writer.finish();
}

/** ValueInfoProto of a sequence of tensors: name 1, type 2 { sequence_type 4 { elem_type 1 { tensor_type 1 { elem_type 1 } } } }. */
export function sequenceInfoProto(name: string, type: TensorType): Uint8Array {
  const writer = new BinaryWriter().tag(1, 2).string(name);
  writer.tag(2, 2).fork().tag(4, 2).fork().tag(1, 2).fork().tag(1, 2).fork();
  return writer.tag(1, 0).int32(dataTypes[type]).join().join().join().join().finish();
}

export interface GraphParts {
  readonly nodes: readonly Uint8Array[];
  readonly initializers: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** ModelProto: ir_version 1, producer_name 2, doc_string 6, graph 7, opset_import 8, metadata_props 14. */
export function modelProto(
  graph: GraphParts,
  metadata: Readonly<Record<string, string>>,
  doc?: string,
): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter().tag(1, 0).int64(10).tag(2, 2).string("zaya").tag(7, 2).fork();
  for (const node of graph.nodes) writer.tag(1, 2).bytes(node);
  writer.tag(2, 2).string("zaya");
  for (const tensor of graph.initializers) writer.tag(5, 2).bytes(tensor);
  for (const info of graph.inputs) writer.tag(11, 2).bytes(info);
  for (const info of graph.outputs) writer.tag(12, 2).bytes(info);
  writer.join().tag(8, 2).fork().tag(1, 2).string("").tag(2, 0).int64(21).join();
  if (doc !== undefined) writer.tag(6, 2).string(doc);
  for (const [name, value] of Object.entries(metadata)) {
    writer.tag(14, 2).fork().tag(1, 2).string(name).tag(2, 2).string(value).join();
  }
  return writer.finish() as Uint8Array<ArrayBuffer>;
}
