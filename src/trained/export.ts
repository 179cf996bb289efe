import { type NdArray, type Shape, permuted } from "../base/ndarray.ts";
import { type Key, fold, normal, uniform } from "../base/random.ts";
import type { Store } from "../base/store.ts";
import { type Dataset, hasSides, readExact } from "../data/index.ts";
import { type Tensor, input } from "../graph/tensor.ts";
import type { Model } from "../models/index.ts";
import { transpose } from "../ops/index.ts";
import { emitOnnx } from "../onnx/index.ts";
import { type Arrays, OnnxNet, hasOnnxRuntime } from "../runtime/index.ts";
import { type DataRecord, readDataRecord } from "../run/data-record.ts";
import { type FileFacts, channelsFirst, fileFacts, imageWords, valueAbout } from "./file-facts.ts";
import { packsOf } from "../step/packs.ts";
import type { Run } from "../run/run.ts";
import { traceInference } from "../step/trace.ts";
import type { TrainedModel } from "./trained.ts";
import { domainOf } from "./ways.ts";
import type { Weights } from "../run/weights.ts";

/** Provenance that exported files record. */
export interface ExportAbout {
  readonly recipe: string;
  readonly paper: string;
  readonly step: number;
  /** Which of a run's parameters they contain; null if the run has no EMA. */
  readonly weights: Weights | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly data: Pick<DataRecord, "name" | "kind" | "shape"> | null;
  /** Names of the classes of the logits, in order. */
  readonly classes?: readonly string[];
}

/** Provenance of a run for exported files: data, classes, versions and metrics. */
export async function aboutExport(
  run: Run,
  { classifier }: Model,
  step: number,
  weights: Weights | null,
): Promise<ExportAbout> {
  const { recipe } = run.config;
  const record = await readDataRecord(run.store);
  const classes = classifier && (classifier.transforms?.map(({ name }) => name) ?? record?.classNames);
  return {
    recipe,
    paper: run.recipe.source,
    step,
    weights,
    versions: run.state.versions,
    data: record && { name: record.name, kind: record.kind, shape: record.shape },
    ...(classes && { classes }),
  };
}

/** Number of items for the parity check. */
const parityItems = 64;

/** One exported file, compared with the model on the same inputs. */
export interface ParityEntry {
  readonly file: string;
  /** Largest absolute difference from the in-process result, by output; null without ONNX Runtime. */
  readonly largestDifference: Readonly<Record<string, number>> | null;
  readonly items: number;
}

/**
 * Writes each of the model's maps as export/NAME.onnx, with a symbolic batch axis and images as [n, c, h, w];
 * export/model.json, which documents the inputs and outputs of each file, as do the files themselves; and
 * export/parity.json, which compares the files with the model in this process on real and random inputs.
 */
export async function exportModel(
  trained: TrainedModel,
  data: Dataset | null,
  store: Store,
  key: Key,
  about: ExportAbout,
): Promise<ParityEntry[]> {
  const frozen = await trained.state.read();
  const entries: ParityEntry[] = [];
  const files: Record<string, FileFacts> = {};
  for (const name of Object.keys(trained.model.maps)) {
    trained.requireGoingOn();
    const { bytes, facts } = emitMap(trained, name, frozen, about);
    const file = `export/${name}.onnx`;
    files[`${name}.onnx`] = facts;
    await store.write(file, bytes);
    const inputs = await probes(trained.model, name, data, fold(key, "parity", name));
    entries.push({
      file,
      largestDifference: await compare(file, bytes, await trained.map(name, inputs), inputs),
      items: parityItems,
    });
  }
  await store.write("export/model.json", encodeJson({ producer: "zaya", ...about, files }));
  await store.write("export/parity.json", encodeJson(entries));
  return entries;
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

function emitMap(
  { model, layouts }: TrainedModel,
  name: string,
  frozen: Arrays,
  about: ExportAbout,
): { readonly bytes: Uint8Array; readonly facts: FileFacts } {
  const map = model.maps[name]!;
  const { program } = traceInference({ model, layouts, frozen }, (scope) => {
    const inputs = Object.entries(map.inputs).map(([name, shape]): [string, Tensor] => {
      const outside = input(name, ["n", ...channelsFirst(shape)]);
      return [name, isPicture(shape) ? transpose(outside, isImage(shape) ? [0, 2, 3, 1] : [0, 1, 3, 4, 2]) : outside];
    });
    const outputs = Object.entries(map.outputs(Object.fromEntries(inputs), scope));
    return Object.fromEntries(
      outputs.map(([name, value]) => [name, value.shape.length === 4 ? transpose(value, [0, 3, 1, 2]) : value]),
    );
  });
  const facts = fileFacts(
    model,
    name,
    Object.fromEntries(Object.entries(program.outputs).map(([output, { shape }]) => [output, shape])),
  );
  const values = Object.entries({ ...facts.inputs, ...facts.outputs });
  const bytes = emitOnnx(program.outputs, {
    target: "portable",
    doc: `${name} of a ${about.recipe}, step ${about.step}, by zaya: ${facts.summary}. ${about.paper}`,
    values: Object.fromEntries(values.map(([value, fact]) => [value, valueAbout(fact)])),
    metadata: metadataOf(about, facts),
  });
  return { bytes, facts };
}

/** Each fact as text, as JSON unless it is a string. */
function metadataOf({ data, ...about }: ExportAbout, facts: FileFacts): Record<string, string> {
  const all = { ...about, data: data?.name, inputs: facts.inputs, outputs: facts.outputs };
  const said = Object.entries(all).filter(([, value]) => value !== null && value !== undefined);
  return {
    ...Object.fromEntries(
      said.map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)]),
    ),
    ...imageWords(facts),
  };
}

function isImage(shape: Shape): boolean {
  return shape.length === 3;
}

/** Whether the shape is that of an image, or of a pack of images. */
function isPicture(shape: Shape): boolean {
  return isImage(shape) || shape.length === 4;
}

/**
 * Inputs for the parity check: real items where a map takes items (of their own domain, if there are two) and the data
 * are available; otherwise noise.
 */
async function probes(model: Model, map: string, data: Dataset | null, key: Key): Promise<Arrays> {
  const probe = async ([name, shape]: [string, Shape]): Promise<[string, NdArray]> => {
    const items = data === null ? undefined : hasSides(data) ? domainOf(model, data.sides, map, name) : data;
    const packing = model.discriminator?.map === map ? model.discriminator.packing : undefined;
    if (items !== undefined && [...(packing === undefined ? [] : [packing]), ...items.shape].join() === shape.join()) {
      const count = parityItems * (packing ?? 1);
      const indices = Int32Array.from({ length: count }, (_, i) => i % items.size);
      return [name, packsOf(await readExact(items, indices), packing)];
    }
    const draw = isPicture(shape) ? uniform : normal;
    return [name, draw(fold(key, name), [parityItems, ...shape])];
  };
  return Object.fromEntries(await Promise.all(Object.entries(model.maps[map]!.inputs).map(probe)));
}

async function compare(
  file: string,
  bytes: Uint8Array,
  expected: Arrays,
  inputs: Arrays,
): Promise<Record<string, number> | null> {
  if (!hasOnnxRuntime) return null;
  const net = await OnnxNet.open({ name: file, bytes }, { device: "cpu", threads: 1 });
  const outside = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, toChannelsFirst(value)]));
  const results = await net.run(outside);
  await net.close();
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [name, largestDifference(toChannelsFirst(value), results[name]!)]),
  );
}

/** Images [n, h, w, c] to [n, c, h, w], packs of images [n, p, h, w, c] to [n, p, c, h, w]; anything else unchanged. */
export function toChannelsFirst(value: NdArray): NdArray {
  if (value.shape.length === 5) return permuted(value, [0, 1, 4, 2, 3]);
  return value.shape.length === 4 ? permuted(value, [0, 3, 1, 2]) : value;
}

function largestDifference(a: NdArray, b: NdArray): number {
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) largest = Math.max(largest, Math.abs(a.data[i]! - b.data[i]!));
  return largest;
}
