import { type PointScale, coarseCoordinates, intoScale } from "../base/point-scale.ts";
import { OptionError } from "../base/errors.ts";
import { type NdArray, rows } from "../base/ndarray.ts";
import { Sha256 } from "../base/sha256.ts";
import type { Dataset } from "../data/index.ts";
import { largestOf } from "../metrics/index.ts";
import { fitItems, flatItems, resizeRule } from "./feature-input.ts";
import type { TrainedModel } from "./trained.ts";

/** A feature net: maps items to vectors in which distances between sets are measured. */
export interface Features {
  /** Name and hash: values of different features cannot be compared. */
  readonly id: string;
  /** How images are resized to its input. */
  readonly resize: string;
  /** Vectors [n, d] of items [n, ...]. @throws DataError when the items do not fit. */
  of(items: NdArray): Promise<NdArray>;
  /** The class of each item [n] and the number of classes, if it is a classifier. */
  readonly classifier?: ItemClassifier | undefined;
  /**
   * The transformation of each item, as an index into the names (the identity first), if it classifies transformations.
   */
  readonly transforms?: (ItemClassifier & { readonly names: readonly string[] }) | undefined;
}

/** A classifier of items. */
export interface ItemClassifier {
  readonly classes: number;
  of(items: NdArray): Promise<Int32Array>;
}

/** Items classified per call. */
const atOnce = 1000;

/** The class of each item, [n], for any number of items, after `seen` prepares them for the classifier. */
export async function predictClasses(
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
 * The coordinates of points, or the pixels of images. Points that float32 cannot resolve are centred first, to keep
 * their differences.
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
 * The features of a trained classifier: its last hidden layer.
 * @param name Name for the id, next to the hash of its parameters.
 * @throws OptionError for a model that is not a classifier.
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
  const itemClassifier: ItemClassifier = {
    classes: classifier.classes,
    of: async (items) => largestOf((await outputs(items))[classifier.logits]!),
  };
  return {
    id,
    resize: resizeRule(input),
    of: async (items) => (await outputs(items))[classifier.features]!,
    ...(classifier.transforms === undefined
      ? { classifier: itemClassifier }
      : { transforms: { ...itemClassifier, names: classifier.transforms.map((each) => each.name) } }),
  };
}

/** Hash of the parameters and statistics that inference uses. */
async function hashOf(trained: TrainedModel): Promise<string> {
  const hash = new Sha256();
  const values = await trained.state.read();
  for (const name of Object.keys(values).toSorted()) {
    const { data } = values[name]!;
    hash.update(new TextEncoder().encode(name)).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.hex().slice(0, 16);
}
