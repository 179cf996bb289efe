import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

import { concatBytes } from "../base/bytes.ts";
import { DataError } from "../base/errors.ts";

// Field numbers and codes are those of onnx.proto, IR version 10.

/** Element types by their code. */
const elementTypes = [
  "undefined",
  "float32",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  "string",
  "bool",
  "float16",
  "float64",
  "uint32",
  "uint64",
  "complex64",
  "complex128",
  "bfloat16",
  "float8e4m3fn",
  "float8e4m3fnuz",
  "float8e5m2",
  "float8e5m2fnuz",
  "uint4",
  "int4",
  "float4e2m1",
] as const;

/** One declared extent. */
export interface OnnxExtent {
  /** Null if it is not fixed. */
  readonly size: number | null;
  /** Name of an extent that is not fixed; "" if it has none. */
  readonly symbol: string;
  /** ONNX's standard denotation of the axis (DATA_BATCH, DATA_CHANNEL, DATA_FEATURE); "" if there is none. */
  readonly denotation: string;
}

/** An input or output as the file declares it. */
export interface OnnxValue {
  readonly name: string;
  readonly kind: "tensor" | "sequence" | "map" | "optional" | "sparse tensor" | "opaque" | "unknown";
  /** Element type of a tensor; "undefined" for other kinds. */
  readonly type: (typeof elementTypes)[number];
  /** Null where not even the rank is declared. */
  readonly extents: readonly OnnxExtent[] | null;
}

/** Bytes of a tensor in an external file. */
export interface ExternalRange {
  readonly tensor: string;
  /** Relative to the model's folder. */
  readonly location: string;
  readonly offset: number;
  /** Null: up to the end of the file. */
  readonly length: number | null;
}

/** What an ONNX file declares about itself. */
export interface OnnxHeader {
  readonly producer: string;
  /** Versions of the operator sets, by domain; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Inputs that must be fed: those with an initializer in the file are left out. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly external: readonly ExternalRange[];
}

/** A field of a protobuf message: its number, its content if it is length-delimited, and all its bytes including the tag. */
interface Field {
  readonly number: number;
  readonly content: Uint8Array | null;
  readonly whole: Uint8Array;
}

/** @throws RangeError or Error if the bytes are not a protobuf message. */
function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, wire] = reader.tag();
    const content = wire === WireType.LengthDelimited ? reader.bytes() : null;
    if (content === null) reader.skip(wire, number);
    yield { number, content, whole: message.subarray(start, reader.pos) };
  }
}

/** Contents of the length-delimited fields of a message with this number. */
function contentsOf(message: Uint8Array, number: number): Uint8Array[] {
  return [...fieldsOf(message)].flatMap((field) => (field.number === number && field.content ? [field.content] : []));
}

function contentOf(message: Uint8Array, number: number): Uint8Array | undefined {
  return contentsOf(message, number).at(-1);
}

function textOf(message: Uint8Array, number: number): string {
  const content = contentOf(message, number);
  return content === undefined ? "" : new TextDecoder().decode(content);
}

/** An integer field; the last one if it is repeated. */
function numberOf(message: Uint8Array, number: number): number | undefined {
  let value: number | undefined;
  for (const field of fieldsOf(message)) {
    if (field.number !== number || field.content !== null) continue;
    const reader = new BinaryReader(field.whole);
    reader.tag();
    value = Number(reader.int64());
  }
  return value;
}

function entriesOf(message: Uint8Array, number: number): [string, string][] {
  return contentsOf(message, number).map((entry) => [textOf(entry, 1), textOf(entry, 2)]);
}

/** TypeProto: tensor_type 1, sequence_type 4, map_type 5, opaque_type 7, sparse_tensor_type 8, optional_type 9. */
const kinds: readonly (readonly [number: number, kind: OnnxValue["kind"]])[] = [
  [1, "tensor"],
  [4, "sequence"],
  [5, "map"],
  [7, "opaque"],
  [8, "sparse tensor"],
  [9, "optional"],
];

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 } } }. */
function valueOf(message: Uint8Array): OnnxValue {
  const type = contentOf(message, 2) ?? new Uint8Array();
  const [number, kind] = kinds.find(([field]) => contentOf(type, field) !== undefined) ?? [0, "unknown" as const];
  const tensor = kind === "tensor" ? contentOf(type, number)! : new Uint8Array();
  const shape = contentOf(tensor, 2);
  return {
    name: textOf(message, 1),
    kind,
    type: elementTypes[numberOf(tensor, 1) ?? 0] ?? "undefined",
    extents: shape === undefined ? null : contentsOf(shape, 1).map(extentOf),
  };
}

/**
 * Dimension: dim_value 1, dim_param 2, denotation 3. Some writers put -1 where an extent is not fixed. Others put 0, which is
 * kept, so that an input with it can be refused.
 */
function extentOf(message: Uint8Array): OnnxExtent {
  const size = numberOf(message, 1) ?? -1;
  return { size: size >= 0 ? size : null, symbol: textOf(message, 2), denotation: textOf(message, 3) };
}

/** Messages that can contain tensors: for each, the fields that contain further messages, by number. */
const inside = {
  model: new Map([
    [7, "graph"],
    [25, "function"],
  ]),
  graph: new Map([
    [1, "node"],
    [5, "tensor"],
    [15, "sparse"],
  ]),
  function: new Map([[7, "node"]]),
  node: new Map([[5, "attribute"]]),
  attribute: new Map([
    [5, "tensor"],
    [6, "graph"],
    [10, "tensor"],
    [11, "graph"],
    [22, "sparse"],
    [23, "sparse"],
  ]),
  sparse: new Map([
    [1, "tensor"],
    [2, "tensor"],
  ]),
} as const satisfies Record<string, ReadonlyMap<number, string>>;
type Holder = keyof typeof inside;

/** Depth of nested graphs beyond which a file is refused: no real model nests them so deeply. */
const deepest = 40;

/**
 * The message in pieces, with each tensor replaced by the pieces that `change` makes of it; null if it changes none. The
 * pieces are joined only once, at the end, because weights are large.
 */
function changeTensors(
  message: Uint8Array,
  holder: Holder,
  change: (tensor: Uint8Array) => readonly Uint8Array[] | null,
  depth = 0,
): readonly Uint8Array[] | null {
  if (depth > deepest) throw new RangeError("too many levels of nested graphs");
  const parts: Uint8Array[] = [];
  let changed = false;
  for (const { number, content, whole } of fieldsOf(message)) {
    const held = (inside[holder] as ReadonlyMap<number, Holder | "tensor">).get(number);
    const inner =
      held === undefined || content === null
        ? null
        : held === "tensor"
          ? change(content)
          : changeTensors(content, held, change, depth + 1);
    if (inner === null) parts.push(whole);
    else {
      changed = true;
      parts.push(headOf(number, inner));
      for (const part of inner) parts.push(part);
    }
  }
  return changed ? parts : null;
}

/** The tag of a length-delimited field, and the total length of its pieces. */
function headOf(number: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return new BinaryWriter().tag(number, 2).uint32(length).finish();
}

/** TensorProto: name 8, external_data 13 { key 1, value 2 }, data_location 14 (1: in an external file). */
function externalOf(tensor: Uint8Array): ExternalRange | null {
  if (numberOf(tensor, 14) !== 1) return null;
  const entries = new Map(entriesOf(tensor, 13));
  const length = entries.get("length");
  return {
    tensor: textOf(tensor, 8),
    location: entries.get("location") ?? "",
    offset: Number(entries.get("offset") ?? 0),
    length: length === undefined ? null : Number(length),
  };
}

/**
 * Reads what an ONNX file declares, without running it.
 * @throws DataError if the bytes are not an ONNX model, or a truncated one.
 */
export function readOnnx(bytes: Uint8Array, name: string): OnnxHeader {
  const foreign = kindOfFile(bytes);
  if (foreign !== null) throw new DataError(`${name} must be an ONNX model - got ${foreign}`);
  try {
    return headerOf(bytes);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${name} must be an ONNX model - got a file that is damaged, truncated or of another kind`);
  }
}

/** ModelProto: producer_name 2, graph 7, opset_import 8, metadata_props 14. GraphProto: initializer 5, input 11, output 12. */
function headerOf(bytes: Uint8Array): OnnxHeader {
  const graph = contentOf(bytes, 7);
  if (graph === undefined) throw new RangeError("no graph");
  const external: ExternalRange[] = [];
  changeTensors(bytes, "model", (tensor) => {
    const range = externalOf(tensor);
    if (range !== null) external.push(range);
    return null;
  });
  const sparse = contentsOf(graph, 15).map((each) => textOf(contentOf(each, 1) ?? new Uint8Array(), 8));
  const given = new Set([...contentsOf(graph, 5).map((tensor) => textOf(tensor, 8)), ...sparse]);
  return {
    producer: textOf(bytes, 2),
    opsets: new Map(contentsOf(bytes, 8).map((entry) => [textOf(entry, 1), numberOf(entry, 2) ?? 0])),
    inputs: contentsOf(graph, 11)
      .map(valueOf)
      .filter((value) => !given.has(value.name)),
    outputs: contentsOf(graph, 12).map(valueOf),
    metadata: Object.fromEntries(entriesOf(bytes, 14)),
    external,
  };
}

/** The kind of a file that is not an ONNX model, if its first bytes show it; otherwise null. */
function kindOfFile(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return "an empty file";
  const start = Array.from(bytes.subarray(0, 200), (byte) => String.fromCharCode(byte)).join("");
  if (start.startsWith("PK\u0003\u0004")) return "a zip archive, as PyTorch and Keras write them: export it to ONNX";
  if (start.startsWith("version https://git-lfs")) return "a Git LFS pointer: fetch the file itself (git lfs pull)";
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(start)) return "a web page: the download did not return the file itself";
  if (start.startsWith("\u0089HDF")) return "an HDF5 file, as Keras writes them: export it to ONNX";
  if (start.slice(4, 8) === "TFL3") return "a TensorFlow Lite model: export it to ONNX";
  if (start.slice(4, 8) === "ORTM")
    return "a model in ONNX Runtime's own format: pass the .onnx file that it was made from";
  if (start.startsWith("\u0093NUMPY")) return "a NumPy array";
  if (start.startsWith("\u001f\u008b")) return "a gzipped file: decompress it first";
  if (/^.{8}\{"/s.test(start)) return "a safetensors file, which holds weights without their net";
  return null;
}

/** The model with its external tensors embedded, because ONNX Runtime reads some of them before it looks for external files. */
export function withExternal(bytes: Uint8Array, dataOf: (range: ExternalRange) => Uint8Array): Uint8Array {
  const parts = changeTensors(bytes, "model", (tensor) => {
    const range = externalOf(tensor);
    if (range === null) return null;
    const kept = [...fieldsOf(tensor)].filter(({ number }) => ![9, 13, 14].includes(number)).map(({ whole }) => whole);
    const data = dataOf(range);
    return [...kept, headOf(9, [data]), data];
  });
  return parts === null ? bytes : concatBytes(parts);
}
