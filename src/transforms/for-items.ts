import { OptionError } from "../base/errors.ts";
import { type Shape, formatShape } from "../base/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { TransformSet } from "./transform.ts";

/** A transformation of one kind of item. */
export interface ItemTransform {
  readonly name: string;
  apply(x: Tensor): Tensor;
}

/**
 * All transformations of the given sets, each once, the identity first. For pairs of images, each transforms one image of the pair.
 * @throws OptionError when items of this kind and shape cannot be transformed in this way.
 */
export function transformsFor(
  sets: readonly TransformSet[],
  { kind, shape }: { readonly kind: "image" | "points" | "pair"; readonly shape: Shape },
): ItemTransform[] {
  const members = [...new Set(sets.flatMap((set) => set.members))];
  if (kind !== "points") {
    for (const set of sets) requireSquare(set, shape.slice(-3));
    return members.map(({ name, images }) => ({ name, apply: images }));
  }
  if (shape[0] !== 2) {
    throw new OptionError(
      `points must be two-dimensional to be rotated or flipped - got ${formatShape(shape)}`,
      "remove --augment",
    );
  }
  const unable = sets.find((set) => set.members.some(({ points }) => points === undefined));
  if (unable !== undefined) {
    throw new OptionError(
      `points can only be rotated or flipped - got ${unable.name}, which is for images`,
      "use --transforms rotation, flip or fliprot",
    );
  }
  return members.map(({ name, points }) => ({ name, apply: points! }));
}

function requireSquare({ name, square }: TransformSet, shape: Shape): void {
  if (!square || shape[0] === shape[1]) return;
  throw new OptionError(
    `${name} needs square images - got ${formatShape(shape)}`,
    "make images square with --size, or use --transforms flip, translation or crop",
  );
}
