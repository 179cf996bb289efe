import { type NdArray, type Shape, ndarray } from "../../src/base/ndarray.ts";
import { type Dataset, type DataSplit, arrayDataset, pairDataset } from "../../src/data/index.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { Direction, Model, NetMap } from "../../src/models/index.ts";
import { type Arrays, interpreter } from "../../src/runtime/index.ts";
import { TrainedModel } from "../../src/trained/index.ts";

/** A model without nets, whose maps are functions; `state` holds what it is to have kept. */
export function handMade(parts: Partial<Model>, state: Arrays = {}): TrainedModel {
  const engine = interpreter();
  const model = { nets: {}, steps: [], maps: {}, ...parts };
  return new TrainedModel(model, {}, engine, engine.createState(state), { step: 1, steps: 1 });
}

/** A map from items to what a function makes of them. */
export function mapOf(shape: Shape, apply: (x: Tensor) => Tensor): NetMap {
  return { inputs: { x: shape }, outputs: ({ x }) => ({ y: apply(x!) }) };
}

/** A translator by functions, for images of one shape. */
export function translatorOf(
  shape: Shape,
  ways: Readonly<Partial<Record<Direction, (x: Tensor) => Tensor>>>,
): Pick<Model, "maps" | "translators"> {
  const entries = Object.entries(ways) as [Direction, (x: Tensor) => Tensor][];
  return {
    maps: Object.fromEntries(entries.map(([way, apply]) => [way, mapOf(shape, apply)])),
    translators: Object.fromEntries(entries.map(([way]) => [way, { map: way, input: "x", output: "y" }])),
  };
}

/** Images [n, h, w, c] of some values in [0, 1]. */
export function images(name: string, items: NdArray<"float32">, labels: readonly number[] | null = null): Dataset {
  return arrayDataset({ name, kind: "image", items, labels: labels && Int32Array.from(labels) });
}

/** So many images of one shape, each of one value. */
export function even(values: readonly number[], shape: Shape): NdArray<"float32"> {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = Float32Array.from({ length: values.length * size }, (_, i) => values[Math.floor(i / size)]!);
  return ndarray("float32", [values.length, ...shape], data);
}

/** Pairs of two domains, the same to train and to test on where nothing else is given. */
export function pairsOf(a: Dataset, b: Dataset, aligned: boolean): Dataset {
  return pairDataset("pairs", { a, b, aligned });
}

export function splitOf(train: Dataset, test: Dataset = train): DataSplit {
  return { train, test };
}
