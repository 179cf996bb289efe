import { type NdArray, type Shape, permuted } from "../base/ndarray.ts";
import { type Key, fold, normal, uniform } from "../base/random.ts";
import type { Store } from "../base/store.ts";
import { type Dataset, hasSides } from "../data/index.ts";
import { type Tensor, input } from "../graph/tensor.ts";
import type { Model, NetMap } from "../models/index.ts";
import { transpose } from "../ops/index.ts";
import { emitOnnx } from "../onnx/index.ts";
import { type Arrays, OnnxNet } from "../runtime/index.ts";
import { packsOf } from "./packs.ts";
import { traceInference } from "./trace.ts";
import type { TrainedModel } from "./trained.ts";
import { domainOf } from "./ways.ts";

/** The metadata of a classifier's file: a JSON list of what its classes are called, in the order of its logits. */
export function classWords({ classifier }: Model, names: readonly string[] | undefined): { readonly classes?: string } {
  const words = classifier?.transforms?.map(({ name }) => name) ?? names;
  return classifier === undefined || words === undefined ? {} : { classes: JSON.stringify(words) };
}

/** Items on which files and process are compared. */
const parityItems = 64;

export interface ParityEntry {
  readonly file: string;
  /** Largest difference to the in-process result, by output. */
  readonly largestDifference: Readonly<Record<string, number>>;
  readonly items: number;
}

/**
 * Writes each of the model's maps as export/NAME.onnx with a batch axis of any length, images as [n, c, h, w], and
 * export/parity.json, which compares the files with the model in this process on real and random inputs.
 */
export async function exportModel(
  trained: TrainedModel,
  data: Dataset | null,
  store: Store,
  key: Key,
  metadata: Readonly<Record<string, string>>,
): Promise<ParityEntry[]> {
  const frozen = await trained.state.read();
  const about = { ...classWords(trained.model, data?.classNames), ...metadata };
  const entries: ParityEntry[] = [];
  for (const [name, map] of Object.entries(trained.model.maps)) {
    const bytes = emitMap(trained, map, frozen, about);
    const file = `export/${name}.onnx`;
    await store.write(file, bytes);
    const inputs = probes(trained.model, name, data, fold(key, "parity", name));
    entries.push({
      file,
      largestDifference: await compare(file, bytes, await trained.map(name, inputs), inputs),
      items: parityItems,
    });
  }
  await store.write("export/parity.json", new TextEncoder().encode(`${JSON.stringify(entries, null, 2)}\n`));
  return entries;
}

function emitMap(
  { model, layouts }: TrainedModel,
  map: NetMap,
  frozen: Arrays,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
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
  return emitOnnx(program.outputs, { target: "portable", metadata });
}

function isImage(shape: Shape): boolean {
  return shape.length === 3;
}

/** An image, or a pack of them. */
function isPicture(shape: Shape): boolean {
  return isImage(shape) || shape.length === 4;
}

function channelsFirst(shape: Shape): Shape {
  if (!isPicture(shape)) return shape;
  const [h, w, c] = shape.slice(-3) as [number, number, number];
  return [...shape.slice(0, -3), c, h, w];
}

/** Real items where a map takes items, of their own domain where there are two, and there are some; else noise. */
function probes(model: Model, map: string, data: Dataset | null, key: Key): Arrays {
  const entries = Object.entries(model.maps[map]!.inputs).map(([name, shape]): [string, NdArray] => {
    const items = data === null ? undefined : hasSides(data) ? domainOf(model, data.sides, map, name) : data;
    const packing = model.discriminator?.map === map ? model.discriminator.packing : undefined;
    if (items !== undefined && [...(packing === undefined ? [] : [packing]), ...items.shape].join() === shape.join()) {
      const count = parityItems * (packing ?? 1);
      return [name, packsOf(items.read(Int32Array.from({ length: count }, (_, i) => i % items.size)), packing)];
    }
    const draw = isPicture(shape) ? uniform : normal;
    return [name, draw(fold(key, name), [parityItems, ...shape])];
  });
  return Object.fromEntries(entries);
}

async function compare(
  file: string,
  bytes: Uint8Array,
  expected: Arrays,
  inputs: Arrays,
): Promise<Record<string, number>> {
  const net = await OnnxNet.open({ name: file, bytes }, { device: "cpu", threads: 1 });
  const outside = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, toChannelsFirst(value)]));
  const results = await net.run(outside);
  await net.close();
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [name, largestDifference(toChannelsFirst(value), results[name]!)]),
  );
}

/** Images [n, h, w, c] as [n, c, h, w], packs of them [n, p, h, w, c] as [n, p, c, h, w]; anything else as it is. */
export function toChannelsFirst(value: NdArray): NdArray {
  if (value.shape.length === 5) return permuted(value, [0, 1, 4, 2, 3]);
  return value.shape.length === 4 ? permuted(value, [0, 3, 1, 2]) : value;
}

function largestDifference(a: NdArray, b: NdArray): number {
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) largest = Math.max(largest, Math.abs(a.data[i]! - b.data[i]!));
  return largest;
}
