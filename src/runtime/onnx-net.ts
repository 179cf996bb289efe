import * as ort from "#onnxruntime";
import { DataError, EngineError, OptionError } from "../base/errors.ts";
import { fromFloat16, toFloat16 } from "../base/float16.ts";
import { type NdArray, castTo, formatShape, joinRows, ndarray, rows, sizeOf, zeros } from "../base/ndarray.ts";
import { Sha256 } from "../base/sha256.ts";
import { type ExternalRange, type OnnxHeader, type OnnxValue, readOnnx, withExternal } from "../onnx/index.ts";
import type { Arrays } from "./engine.ts";
import { type OrtOptions, requireOnnxRuntime } from "./onnxruntime.ts";
import { openSession } from "./ort-session.ts";

/** The bytes of an ONNX file. */
export interface OnnxSource {
  /** Its path, for messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Bytes of a file next to it that contains weights. @throws DataError if it does not exist. */
  beside?(location: string): Promise<Uint8Array>;
}

/** Maximum number of input elements in one call. */
const numbersPerCall = 2 ** 24;

/** Types that are converted from and to float32. */
const convertible = ["float32", "float16", "float64", "uint8", "int8", "uint16", "int16", "int32", "uint32", "int64"];

/**
 * A net in an ONNX file of any origin. Inputs and outputs are converted from and to float32; a file with a fixed batch size is run
 * in batches of that size; external weights are supported.
 * @throws DataError, OptionError or EngineError as documented for its methods.
 */
export class OnnxNet {
  /** Whether a batch of several items has failed although the file declares a symbolic batch axis. */
  private oneByOne = false;

  private constructor(
    readonly name: string,
    readonly header: OnnxHeader,
    /** Name and hash of all its bytes, including external files. */
    readonly id: string,
    private readonly session: ort.InferenceSession,
  ) {}

  /**
   * Opens an ONNX file. @throws DataError with the reason if it is not an ONNX model, weights are missing, or ONNX Runtime cannot
   * run it.
   * @throws EngineError if there is no such device, or no ONNX Runtime.
   */
  static async open(source: OnnxSource, options: OrtOptions): Promise<OnnxNet> {
    requireOnnxRuntime();
    const { name, bytes } = source;
    const header = readOnnx(bytes, name);
    for (const value of [...header.inputs, ...header.outputs]) requirePassable(name, value);
    for (const value of header.inputs) requireRoom(name, value);
    const hash = new Sha256().update(bytes);
    const weights = await readExternal(source, header.external);
    for (const location of [...weights.keys()].toSorted()) hash.update(weights.get(location)!);
    requireOneFile(name, bytes, weights);
    const whole =
      weights.size === 0 ? bytes : withExternal(bytes, (range) => cutOut(range, weights.get(range.location)!, name));
    const session = await openSession(whole, options).catch((error: Error) => {
      if (options.device === "webgpu" && /adapter/.test(error.message)) throw error;
      throw new DataError(
        `${name} must be an ONNX model that ONNX Runtime supports - got ${reasonOf(error, header)}`,
        "export it again with standard operators only and an opset that ONNX Runtime supports (17 to 21 are safe)",
      );
    });
    const declared = { ...header, outputs: header.outputs.map((value, i) => completed(openEnded(value), session, i)) };
    return new OnnxNet(name, declared, `${name.split(/[\\/]/).at(-1)}@${hash.hex().slice(0, 16)}`, session);
  }

  /** The only input. @throws DataError if there are several, or it is not numeric. */
  get input(): OnnxValue {
    const [only, ...others] = this.header.inputs;
    if (only === undefined || others.length > 0) {
      throw new DataError(
        `${this.name} must have one input - got ${describeValues(this.header.inputs)}`,
        "fix the other inputs in the file as initializers",
      );
    }
    if (convertible.includes(only.type) && only.extents !== null) return only;
    throw new DataError(`${this.name} must take an array of numbers - got ${describeValue(only)}`);
  }

  /** Fixed batch size of the input; null if the batch axis is symbolic. */
  get batch(): number | null {
    return this.oneByOne ? 1 : (this.input.extents![0]?.size ?? null);
  }

  /**
   * The output to use: the only one, the one requested, or the first with one of the usual names. In files not written by zaya,
   * a usual name does not suffice if another output has the same form.
   * @param flag The flag that names an output.
   * @throws OptionError if there are several and none is named, or none has that name. @throws DataError if it is not numeric.
   */
  output(wanted: string | undefined, usual: readonly string[], flag: string): OnnxValue {
    const { outputs } = this.header;
    const named = (name: string | undefined) => outputs.find((value) => value.name === name);
    const usually = usual.map(named).find((value) => value !== undefined);
    const isAlone = outputs.every((value) => value === usually || formOf(value) !== formOf(usually));
    const common = isAlone || this.header.producer === "zaya" ? usually : undefined;
    const found = wanted === undefined ? (outputs.length === 1 ? outputs[0] : common) : named(wanted);
    if (found === undefined) {
      throw new OptionError(
        wanted === undefined
          ? `${this.name} has several outputs, of which one must be named - got ${describeValues(outputs)}`
          : `${this.name} must have the output that ${flag} names - got ${wanted}; it has ${describeValues(outputs)}`,
        `for example ${flag} ${outputs[0]?.name ?? ""}`,
      );
    }
    if (found.kind === "tensor" && (convertible.includes(found.type) || found.type === "bool")) return found;
    throw new DataError(
      `${this.name} must return an array of numbers - got ${describeValue(found)}`,
      outputs.length > 1 ? `${flag} takes another of its outputs: ${describeValues(outputs)}` : undefined,
    );
  }

  /** Runs the net once with all its inputs, for the named outputs or all of them. @throws DataError with ONNX Runtime's reason. */
  async run(feeds: Arrays, outputs: readonly string[] = this.session.outputNames): Promise<Arrays> {
    const inputs = Object.fromEntries(
      this.header.inputs.map(({ name, type }) => [name, tensorOf(feeds[name]!, type)] as const),
    );
    const results = await this.session.run(inputs, [...outputs], { logSeverityLevel: 4 }).catch((error: unknown) => {
      const shapes = Object.values(feeds).map(({ shape }) => formatShape(shape));
      throw new DataError(
        `${this.name} must accept inputs ${shapes.join(" and ")} - got ${reasonOf(error, this.header)}`,
      );
    });
    return Object.fromEntries(outputs.map((name) => [name, arrayOf(results[name]!)]));
  }

  /**
   * One output for any number of items: [n, ...] to [n, ...] float32.
   * @param most Maximum number of items per call, for a file with a symbolic batch axis.
   * @param form Converts items to the form of the file's input.
   * @throws DataError unless it returns a row of finite numbers for each item.
   */
  async apply(
    items: NdArray,
    output: string,
    most: number,
    form: (part: NdArray) => NdArray = (part) => part,
  ): Promise<NdArray<"float32">> {
    const count = items.shape[0]!;
    const parts: NdArray<"float32">[] = [];
    const taken = this.input.extents!.slice(1).map(({ size }, axis) => size ?? items.shape[axis + 1] ?? 1);
    const fitting = Math.max(1, Math.floor(numbersPerCall / sizeOf(taken)));
    for (let start = 0; start < count;) {
      const stop = Math.min(count, start + (this.batch ?? Math.min(most, fitting)));
      const given = form(rows(items, start, stop));
      const fed = this.batch === null ? given : filled(given, this.batch);
      const made = await this.attempt(fed, output);
      if (made === null) continue;
      if (made.shape[0] !== fed.shape[0]) {
        throw new DataError(
          `${this.name} must return one row per item - got ${formatShape(made.shape)} for ${fed.shape[0]}`,
        );
      }
      parts.push(rows(made, 0, stop - start));
      this.requireFinite(parts.at(-1)!, output, start);
      start = stop;
    }
    return parts.length === 1 ? parts[0]! : joinRows(parts);
  }

  /** Null if a call with several items fails for the first time: many files declare a symbolic batch axis but do not support it. */
  private async attempt(fed: NdArray, output: string): Promise<NdArray<"float32"> | null> {
    try {
      return (await this.run({ [this.input.name]: fed }, [output]))[output] as NdArray<"float32">;
    } catch (error) {
      if (this.batch !== null || fed.shape[0] === 1) throw error;
      this.oneByOne = true;
      return null;
    }
  }

  private requireFinite({ data, shape }: NdArray, output: string, first: number): void {
    const width = data.length / shape[0]!;
    // In float64, a sum of float32 numbers is finite if and only if all of them are.
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += data[i]!;
    if (sum - sum === 0) return;
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      if (value - value === 0) continue;
      const half = this.header.outputs.find(({ name }) => name === output)?.type === "float16";
      throw new DataError(
        `${this.name} must return finite numbers - got ${value} in its output ${output}, for item ${first + Math.floor(i / width) + 1}`,
        half
          ? "float16 overflows beyond 65504: a float32 file of the same net does not"
          : "check that its input range is right; a net that divides by zero or overflows also returns such numbers",
      );
    }
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** @throws DataError for a type that ONNX Runtime's JavaScript API does not support. */
function requirePassable(name: string, value: OnnxValue): void {
  if (!/^(?:complex|bfloat|float8|float4)/.test(value.type)) return;
  throw new DataError(
    `${name} must have inputs and outputs of types that JavaScript supports - got ${describeValue(value)}`,
    "add a Cast to float32 at that input or output",
  );
}

/** @throws DataError for an input with an extent of 0: some exporters write symbolic axes this way. */
function requireRoom(name: string, value: OnnxValue): void {
  if (value.kind !== "tensor" || !value.extents?.some(({ size }) => size === 0)) return;
  throw new DataError(
    `${name} must take at least one item - got ${describeValue(value)}, which has an extent of 0`,
    "export it again with symbolic names for its dynamic axes (dynamic_axes in PyTorch)",
  );
}

/** Replaces extents of 0 in a declared output by unknown ones, since the actual output is not empty. */
function openEnded(value: OnnxValue): OnnxValue {
  return value.extents?.some(({ size }) => size === 0)
    ? { ...value, extents: value.extents.map((each) => (each.size === 0 ? { ...each, size: null } : each)) }
    : value;
}

/** Completes an output that the file does not fully declare by what ONNX Runtime infers. */
function completed(value: OnnxValue, session: ort.InferenceSession, index: number): OnnxValue {
  const found = session.outputMetadata[index];
  if (found?.isTensor !== true || found.name !== value.name) return value;
  return {
    ...value,
    kind: "tensor",
    type: value.kind === "unknown" || value.type === "undefined" ? (found.type as OnnxValue["type"]) : value.type,
    extents:
      value.extents ??
      (found.shape.length === 0
        ? null
        : found.shape.map((extent) => ({
            size: typeof extent === "number" ? extent : null,
            symbol: typeof extent === "number" ? "" : extent,
            denotation: "",
          }))),
  };
}

async function readExternal(
  { name, beside }: OnnxSource,
  ranges: readonly ExternalRange[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const { location } of ranges) {
    if (found.has(location)) continue;
    if (beside === undefined) {
      throw new DataError(`${name} must contain its weights, but they are in another file, ${location}`);
    }
    found.set(location, await beside(location));
  }
  return found;
}

/** Maximum size of a file in ONNX's container format, protobuf. */
const mostBytes = 2 ** 31 - 1;

/** @throws DataError if the weights are too large to be embedded in the model. */
function requireOneFile(name: string, bytes: Uint8Array, weights: ReadonlyMap<string, Uint8Array>): void {
  const total = [...weights.values()].reduce((sum, { length }) => sum + length, bytes.length);
  if (total <= mostBytes) return;
  throw new DataError(
    `${name} must have at most 2 GiB of weights - got ${(total / 2 ** 30).toFixed(1)} GiB`,
    "a float16 version takes half as much",
  );
}

function cutOut({ tensor, location, offset, length }: ExternalRange, bytes: Uint8Array, name: string): Uint8Array {
  const end = length === null ? bytes.length : offset + length;
  if (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(end) &&
    0 <= offset &&
    offset <= end &&
    end <= bytes.length
  ) {
    return bytes.subarray(offset, end);
  }
  throw new DataError(
    `${location} must hold the weights of ${name}, ${tensor} at bytes ${offset} to ${end} - got ${bytes.length} bytes`,
    "the file belongs to another model or is truncated: download both again",
  );
}

/** Kind, type and extents of an output, as text. */
function formOf(value: OnnxValue | undefined): string {
  return value === undefined ? "" : describeValue({ ...value, name: "" });
}

/** `x float32 [n, 3, 16, 16]`. */
export function describeValue({ name, kind, type, extents }: OnnxValue): string {
  if (kind !== "tensor") return `${name}, a ${kind === "unknown" ? "value of unknown type" : kind}`;
  const shape = extents?.map(({ size, symbol }) => size ?? (symbol === "" ? "?" : symbol));
  return `${name} ${type} ${shape === undefined ? "of unknown shape" : formatShape(shape)}`;
}

function describeValues(values: readonly OnnxValue[]): string {
  return values.length === 0 ? "none" : values.map(describeValue).join(", ");
}

/** ONNX Runtime's reason for refusing a file, without the names of its functions and source files. */
function reasonOf(error: unknown, { opsets }: OnnxHeader): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  const custom = /([\w.]*:?\w+)\(-?\d+\) is not a registered function\/op/.exec(text)?.[1];
  if (custom !== undefined) return `the operator ${custom}, which it does not have`;
  const unknown = /No Op registered for (\S+) with domain_version of (\d+)/.exec(text);
  if (unknown !== null) return `the operator ${unknown[1]}, which opset ${unknown[2]} does not have`;
  const missing = /Could not find an implementation for (\w+)\((\d+)\)/.exec(text);
  if (missing !== null) return `the operator ${missing[1]} of opset ${missing[2]} for types that it does not implement`;
  if (/models stamped with official released/.test(text)) {
    const known = /till opset (\d+)/.exec(text)?.[1];
    return `opset ${opsets.get("") ?? "?"}, which is newer than ${known === undefined ? "it" : `opset ${known}, the last that it knows`}`;
  }
  const version = /model IR version: (\d+), max supported IR version: (\d+)/.exec(text);
  if (version !== null) return `IR version ${version[1]}, which is newer than ${version[2]}, the last that it knows`;
  const own = text
    .replace(/^Load model(?: from .*?)? failed:\s*/, "")
    .replace(/^.*Status Message: /s, "")
    .replace(/^\S*onnxruntime\S*:\d+ (?:.*?\w::.*?\([^()]*\) )?/, "")
    .split("\n")[0]!;
  return own.replaceAll(/\s+/g, " ").trim().slice(0, 200) || "no reason";
}

const integers = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const;

function tensorOf(value: NdArray, type: OnnxValue["type"]): ort.Tensor {
  const { shape, data } = value;
  if (type === "float16") return new ort.Tensor("float16", toFloat16(data), shape);
  if (type === "float64") return new ort.Tensor("float64", castTo(value, "float64").data, shape);
  if (type === "int64") {
    const whole = new BigInt64Array(data.length);
    for (let i = 0; i < whole.length; i++) whole[i] = BigInt(Math.round(data[i]!));
    return new ort.Tensor("int64", whole, shape);
  }
  const Integers = integers[type as keyof typeof integers];
  if (Integers === undefined) return new ort.Tensor("float32", castTo(value, "float32").data, shape);
  if (value.dtype === type) return new ort.Tensor(type as "int32", data as Int32Array, shape);
  const whole = new Integers(data.length);
  for (let i = 0; i < whole.length; i++) whole[i] = Math.round(data[i]!);
  return new ort.Tensor(type as "int32", whole as Int32Array, shape);
}

/** Converts a tensor to float32. */
function arrayOf(tensor: ort.Tensor): NdArray<"float32"> {
  const { type, dims, data } = tensor;
  if (type === "float32") return ndarray("float32", dims, data as Float32Array);
  if (type === "float16" && data instanceof Uint16Array) return ndarray("float32", dims, fromFloat16(data));
  if (type === "string") throw new EngineError("strings are not numbers");
  const values = data as ArrayLike<number | bigint>;
  const out = new Float32Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Number(values[i]!);
  return ndarray("float32", dims, out);
}

/** Pads a batch to a number of rows by repeating the last one. */
function filled(x: NdArray, count: number): NdArray {
  const given = x.shape[0]!;
  if (given === count) return x;
  const out = zeros([count, ...x.shape.slice(1)], x.dtype);
  out.data.set(x.data as never, 0);
  const width = x.data.length / given;
  for (let i = given; i < count; i++) out.data.set(x.data.subarray((given - 1) * width) as never, i * width);
  return out;
}
