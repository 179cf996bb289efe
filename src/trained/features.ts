import { type PointScale, coarseCoordinates, intoScale } from "../base/point-scale.ts";
import { OptionError } from "../base/errors.ts";
import { type NdArray, rows } from "../base/ndarray.ts";
import { Sha256 } from "../base/sha256.ts";
import type { Dataset } from "../data/index.ts";
import { largestOf } from "../metrics/index.ts";
import { fitItems, flatItems, resizeRule } from "./feature-input.ts";
import type { TrainedModel } from "./trained.ts";

/** A function from items to vectors, in which distances between sets are measured. */
export interface Features {
  /** Name and hash: numbers of different features cannot be compared. */
  readonly id: string;
  /** How images are brought to the size of its input. */
  readonly resize: string;
  /** Vectors [n, d] of items [n, ...]. @throws DataError when the items do not fit. */
  of(items: NdArray): Promise<NdArray>;
  /** The class of each item [n], and how many classes there are, where it tells them. */
  readonly classifier?: ItemClassifier | undefined;
  /** What was done to each item, by its place among the names, first nothing; where it tells that instead. */
  readonly transforms?: (ItemClassifier & { readonly names: readonly string[] }) | undefined;
}

/** Tells the classes of items. */
export interface ItemClassifier {
  readonly classes: number;
  of(items: NdArray): Promise<Int32Array>;
}

/** Items told in one call. */
const atOnce = 1000;

/** The class of each of any number of items, [n], by what the classifier is to see of them. */
export async function classesTold(
  classifier: ItemClassifier,
  items: NdArray,
  seen: (items: NdArray) => NdArray = (part) => part,
): Promise<Int32Array> {
  const out = new Int32Array(items.shape[0]!);
  for (let start = 0; start < out.length; start += atOnce) {
    out.set(await classifier.of(seen(rows(items, start, Math.min(out.length, start + atOnce)))), start);
  }
  return out;
}

/**
 * Points as they are, or the pixels of images. Points that float32 has too few steps for are taken from their mean: what
 * tells them apart would be lost.
 */
export function plainFeatures(kind: Dataset["kind"], scale?: PointScale): Features {
  if (scale !== undefined && coarseCoordinates(scale).length > 0) {
    const centred = { mean: scale.mean, deviation: scale.mean.map(() => 1) };
    return { id: "centred", resize: "none", of: async (items) => flatItems(intoScale(items, centred)) };
  }
  const id = kind === "points" ? "identity" : "pixels";
  return { id, resize: "none", of: async (items) => flatItems(items) };
}

/**
 * The features of a trained classifier, the numbers that it reads a class off.
 * @param name Told beside the hash of its parameters.
 * @throws OptionError for a model that is no classifier.
 */
export async function classifierFeatures(trained: TrainedModel, name: string): Promise<Features> {
  const { classifier, maps } = trained.model;
  if (classifier === undefined) {
    throw new OptionError(
      `the run must be a classifier - got ${name}, a run of another recipe`,
      "train one on the same data: zaya train classifier --data DATA",
    );
  }
  const input = { name, shape: maps[classifier.map]!.inputs[classifier.input]! };
  const id = `${name}@${await hashOf(trained)}`;
  const outputs = (items: NdArray) => trained.map(classifier.map, { [classifier.input]: fitItems(items, input) });
  const told: ItemClassifier = {
    classes: classifier.classes,
    of: async (items) => largestOf((await outputs(items))[classifier.logits]!),
  };
  return {
    id,
    resize: resizeRule(input),
    of: async (items) => (await outputs(items))[classifier.features]!,
    ...(classifier.transforms === undefined
      ? { classifier: told }
      : { transforms: { ...told, names: classifier.transforms.map((each) => each.name) } }),
  };
}

/** Of the parameters and statistics that inference uses. */
async function hashOf(trained: TrainedModel): Promise<string> {
  const hash = new Sha256();
  const values = await trained.state.read();
  for (const name of Object.keys(values).toSorted()) {
    const { data } = values[name]!;
    hash.update(new TextEncoder().encode(name)).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.hex().slice(0, 16);
}
