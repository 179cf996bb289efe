import { minOf } from "../base/many.ts";
import type { DataSplit, NearDuplicates } from "../data/index.ts";
import type { Shape } from "../base/ndarray.ts";
import { transformSets } from "../transforms/index.ts";
import { count, counted } from "./format.ts";

/** Number of training items below which a note says what to expect. */
const smallDataSet = 1000;
/** Number of training items below which there is too little to learn from. */
const veryFew = 100;
/** Share of near duplicates above which the count of items is misleading. */
const duplicateThreshold = 0.1;

/** Data, or one of two domains of them. */
export interface VerdictInput {
  readonly data: DataSplit;
  /** Null for points. */
  readonly near: NearDuplicates | null;
  /** Whether --size applies. */
  readonly resizable: boolean;
}

export interface Verdict {
  /** What to expect; null if there are enough items. */
  readonly verdict: string | null;
  /** A value of --augment to try; null if the data need none or no value fits. */
  readonly augment: "dag" | null;
  /** The value of --size that convolutional recipes need; null if the images fit as they are, or cannot be resized. */
  readonly size: number | null;
  /** The value of --transforms to combine with it if the default does not fit the images; otherwise null. */
  readonly transforms: string | null;
}

/**
 * What to expect from few or repeated items; with two domains, from the smaller one and the repetitions in either.
 * @source Karras et al., arXiv 2006.06676, figure 1: quality falls with each halving of the data, by memorisation. Tran et al.,
 * "On Data Augmentation for GAN Training", arXiv 2006.05338: how augmentations leak into samples, and how to prevent it.
 */
export function verdictOn(domains: readonly [VerdictInput, ...VerdictInput[]]): Verdict {
  const items = minOf(domains.map(({ data }) => data.train.size));
  const { kind, shape } = domains[0].data.train;
  const minSide = domains.length === 1 ? minSides.one : minSides.two;
  const odd = kind === "image" && !isHalvable(shape, minSide);
  const size = odd && domains[0].resizable ? halvableSide(shape, minSide) : null;
  const augment = items < smallDataSet && kind === "image" ? "dag" : null;
  const transforms = augment !== null && size === null && shape[0] !== shape[1] ? ofAnyShape.name : null;
  const copies = domains.map(({ near }, at) => copiesRemark(near, domains.length === 1 ? "" : ` of ${"AB"[at]}`));
  const flags = [
    ...(size === null ? (odd ? [" --arch mlp"] : []) : [` --size ${size}`]),
    " --augment dag",
    ...(transforms === null ? [] : [` --transforms ${transforms}`]),
  ];
  const remarks = [
    countRemark(items),
    ...copies,
    odd ? sizeRemark(shape, minSide, size) : null,
    augment === null ? null : augmentRemark(flags.join("").trim(), transforms),
  ];
  const said = remarks.filter((remark) => remark !== null);
  return { verdict: said.length === 0 ? null : said.join(". "), augment, size, transforms };
}

/** Height and width must be multiples of this for every recipe. */
const multiple = 4;
/** The smallest side for a recipe of one domain, and of two. */
const minSides = { one: 8, two: 16 } as const;

function isHalvable([height, width]: Shape, minSide: number): boolean {
  return [height!, width!].every((extent) => extent % multiple === 0 && extent >= minSide);
}

function halvableSide([height, width]: Shape, minSide: number): number {
  return Math.max(minSide, Math.floor(Math.min(height!, width!) / multiple) * multiple);
}

function sizeRemark([height, width]: Shape, minSide: number, size: number | null): string {
  const fact = `${height} x ${width} pixels: convolutional recipes need multiples of ${multiple}, at least ${minSide}`;
  return `${fact}; ${size === null ? "resize the arrays before saving them, or use --arch mlp" : `add --size ${size}`}`;
}

/** Invertible transformations that do not need square images. */
const ofAnyShape = transformSets.find(
  ({ invertible, square, members }) => invertible && !square && members.length > 1,
)!;

function augmentRemark(flags: string, transforms: string | null): string {
  const moved = transforms === null ? "rotated and mirrored" : "mirrored";
  return `For a GAN try ${flags}, which does not leak ${moved} items into the samples; use ${flags.replace("dag", "real-only")} only if ${moved} items are as likely as the originals`;
}

function countRemark(size: number): string | null {
  if (size >= smallDataSet) return null;
  const items = counted(size, "training item");
  return size < veryFew
    ? `${items}: far too few to learn a distribution; a model will memorise them. This is fine for a first try`
    : `${items}: few; expect memorisation. Use a small model, compare its training and test losses, and collect more data if possible`;
}

function copiesRemark(near: NearDuplicates | null, where: string): string | null {
  if (near === null || near.pairs.length < duplicateThreshold * near.of) return null;
  return `${count(near.pairs.length)} of ${counted(near.of, "item")}${where} have a near duplicate: the data set is effectively smaller, and test items may nearly equal training items`;
}
