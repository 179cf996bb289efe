import { fromBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema, type ValueInfoProto } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { expect } from "vitest";

import { type DType, type NdArray, ndarray } from "../src/base/ndarray.ts";
import type { Arrays } from "../src/runtime/index.ts";

/** Runs the bytes of an ONNX file on ONNX Runtime's CPU kernels, without any code of zaya. Feeds may hold more than it needs. */
export async function runOnnx(bytes: Uint8Array, ...calls: readonly Arrays[]): Promise<Arrays[]> {
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const results: Arrays[] = [];
    for (const feeds of calls) results.push(await call(session, feeds));
    return results;
  } finally {
    await session.release();
  }
}

async function call(session: ort.InferenceSession, feeds: Arrays): Promise<Arrays> {
  const inputs = Object.fromEntries(
    session.inputNames.map((name) => {
      const { dtype, shape, data } = feeds[name]!;
      const type = dtype === "float64" ? "float32" : dtype;
      return [
        name,
        new ort.Tensor(type, dtype === "float64" ? Float32Array.from(data) : (data as Float32Array), shape),
      ];
    }),
  );
  const results = await session.run(inputs);
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, dims, data }]): [string, NdArray] => [
      name,
      ndarray(type as DType, dims, (data as Float32Array).slice()),
    ]),
  );
}

export interface Signature {
  /** Shape by name; extents of unknown length by their symbol. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
}

/**
 * Decodes a file with the schema of the ONNX project and checks what every reader relies on: versions, unique names,
 * nodes in an order in which each value exists before it is used.
 */
export function decodeOnnx(bytes: Uint8Array): { readonly model: ModelProto; readonly signature: Signature } {
  const model = fromBinary(ModelProtoSchema, bytes);
  expect(model.irVersion).toBe(10n);
  expect(model.producerName).toBe("zaya");
  expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([["", 21n]]);
  const graph = model.graph!;
  const known = new Set<string>();
  const define = (name: string): void => {
    expect(name).not.toBe("");
    expect(known.has(name), `"${name}" is defined twice`).toBe(false);
    known.add(name);
  };
  graph.input.forEach(({ name }) => define(name));
  graph.initializer.forEach(({ name }) => define(name));
  for (const node of graph.node) {
    for (const name of node.input) {
      if (name !== "") expect(known.has(name), `${node.opType} uses "${name}" before it is there`).toBe(true);
    }
    node.output.forEach(define);
  }
  for (const { name } of graph.output) expect(known.has(name), `no node makes the output "${name}"`).toBe(true);
  return { model, signature: { inputs: shapes(graph.input), outputs: shapes(graph.output) } };
}

function shapes(infos: readonly ValueInfoProto[]): Signature["inputs"] {
  return Object.fromEntries(
    infos.map(({ name, type }) => {
      const tensor = type?.value.case === "tensorType" ? type.value.value : undefined;
      const dims = tensor?.shape?.dim.map(({ value }) =>
        value.case === "dimValue" ? Number(value.value) : value.value!,
      );
      return [name, dims ?? []];
    }),
  );
}
