import { ShapeError } from "../base/errors.ts";
import { type NdArray, type Shape, ndarray } from "../base/ndarray.ts";
import type { Draw } from "../base/draw.ts";
import { type Key, fold, key } from "../base/random.ts";
import type { NoiseKind } from "../nn/index.ts";
import type { Feeds } from "../runtime/index.ts";

/** An input that the host fills before every call. */
export type Declared =
  | { readonly kind: NoiseKind; readonly shape: Shape }
  | { readonly kind: "items"; readonly shape: Shape }
  | { readonly kind: "labels"; readonly shape: Shape; readonly update: number; readonly classes: number }
  | { readonly kind: "scalar"; readonly at: (count: number, of: number) => number };

/** Progress of training, for scalars that depend on it: steps done in the stage, and its total. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
}

/** What the fed numbers depend on: only the key, the count and the names. */
export interface FeedKey {
  readonly key: Key;
  /** Number of steps done, or of batches seen. */
  readonly count: number;
  readonly progress: Progress;
  /** Indices of the batch's items in their data set, and the set's name, for noise that belongs to items. */
  readonly items?: { readonly part: string; readonly indices: ArrayLike<number> };
  /** Labels of the batch of an update. */
  readonly labels?: (update: number) => Int32Array;
}

/** The declared inputs of a graph. Engines draw random numbers themselves, where their programs read them. */
export function feedDeclared(
  declared: ReadonlyMap<string, Declared>,
  { key: own, count, progress: { step, steps }, items, labels }: FeedKey,
): Feeds {
  const feeds: Record<string, Feeds[string]> = {};
  for (const [name, want] of declared) {
    if (want.kind === "scalar") feeds[name] = ndarray("float32", [], Float32Array.of(want.at(step, steps)));
    else if (want.kind === "items") feeds[name] = drawForItems(name, want.shape, items);
    else if (want.kind === "labels") feeds[name] = feedLabels(name, want.update, labels);
    else feeds[name] = { distribution: want.kind, keys: [fold(own, "noise", name, count)], shape: want.shape };
  }
  return feeds;
}

function feedLabels(name: string, update: number, labels: FeedKey["labels"]): NdArray<"int32"> {
  if (labels === undefined) throw new ShapeError(`feed: "${name}" needs the items of the batch, and none were given`);
  const classes = labels(update);
  return ndarray("int32", [classes.length], classes);
}

/** Noise that belongs to items is drawn from a key that does not depend on the seed: every run and every evaluation uses the same. */
const itemsKey = key(0);

function drawForItems(name: string, shape: Shape, items: FeedKey["items"]): Draw {
  if (items === undefined) throw new ShapeError(`feed: "${name}" depends on items, and none were given`);
  const own = fold(itemsKey, "items", name, items.part);
  return { distribution: "uniform", keys: Array.from(items.indices, (index) => fold(own, index)), shape };
}
