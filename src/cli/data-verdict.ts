import { minOf } from "../base/many.ts";
import type { DataSplit, NearDuplicates } from "../data/index.ts";
import type { Shape } from "../base/ndarray.ts";
import { transformSets } from "../transforms/index.ts";
import { count, counted } from "./format.ts";

/** Number of training items below which a note says what to expect. */
const smallDataSet = 1000;
/** Training items below which there is little to learn from. */
const veryFew = 100;
/** Share of near copies from which the count of items promises too much. */
const duplicateThreshold = 0.1;

/** Data, or one of two domains of them. */
export interface Judged {
  readonly data: DataSplit;
  /** Null for points. */
  readonly near: NearDuplicates | null;
  /** Whether --size can be asked for. */
  readonly resizable: boolean;
}

export interface Verdict {
  /** What to expect; null where there is enough not to say anything. */
  readonly verdict: string | null;
  /** The value of --augment that is worth a try; null where the data need none, or none fits them. */
  readonly augment: "dag" | null;
  /** The value of --size with which recipes of convolutions take the images; null where they do as they are, or it cannot be asked for. */
  readonly size: number | null;
  /** The value of --transforms to go with it, where the usual one does not fit the images; else null. */
  readonly transforms: string | null;
}

/**
 * What to expect of little data, and of data that repeat themselves; of two domains by the smaller, and by what either repeats.
 * @source Karras et al., arXiv 2006.06676, figure 1: quality falls with each halving of the data, by memorisation. Tran et al.,
 * "On Data Augmentation for GAN Training", arXiv 2006.05338: what of augmented items gets into samples, and how not.
 */
export function verdictOn(domains: readonly [Judged, ...Judged[]]): Verdict {
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
/** The smallest such side for a recipe of one domain, and of two. */
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

/** Transformations that can be undone, of images that are higher or lower than they are wide. */
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
    ? `${items}: far too few to learn a distribution; a model will memorise them. Fine for a first try`
    : `${items}: few; expect memorisation. Use a small model, compare its training and test losses, and collect more data if possible`;
}

function copiesRemark(near: NearDuplicates | null, where: string): string | null {
  if (near === null || near.pairs.length < duplicateThreshold * near.of) return null;
  return `${count(near.pairs.length)} of ${counted(near.of, "item")}${where} have a near duplicate: the data set is effectively smaller, and test items may nearly equal training items`;
}
