import { minOf } from "../base/many.ts";
import type { DataSplit, NearDuplicates } from "../data/index.ts";
import { transformSets } from "../transforms/index.ts";
import { count, counted } from "./format.ts";

/** Training items below which a person should know what to expect. */
const few = 1000;
/** Training items below which there is little to learn from. */
const veryFew = 100;
/** Share of near copies from which the count of items promises too much. */
const manyCopies = 0.1;

/** Data, or one of two domains of them. */
export interface Judged {
  readonly data: DataSplit;
  /** Null for points. */
  readonly near: NearDuplicates | null;
}

export interface Verdict {
  /** What to expect; null where there is enough not to say anything. */
  readonly verdict: string | null;
  /** The value of --augment that is worth a try; null where the data need none, or none fits them. */
  readonly augment: "dag" | null;
  /** The value of --transforms to go with it, where the usual one does not fit the images; else null. */
  readonly transforms: string | null;
}

/**
 * What to expect of little data, and of data that repeat themselves; of two domains by the smaller, and by what either repeats.
 * @source Karras et al., arXiv 2006.06676, figure 1: quality falls with each halving of the data, by memorisation. Tran et al.,
 * "On Data Augmentation for GAN Training", arXiv 2006.05338: what of augmented items gets into samples, and how not.
 */
export function verdictOn(domains: readonly [Judged, ...Judged[]]): Verdict {
  const size = minOf(domains.map(({ data }) => data.train.size));
  const { kind, shape } = domains[0].data.train;
  const augment = size < few && kind === "image" ? "dag" : null;
  const transforms = augment !== null && shape[0] !== shape[1] ? ofAnyShape.name : null;
  const copies = domains.map(({ near }, at) => copiesRemark(near, domains.length === 1 ? "" : ` of ${"AB"[at]}`));
  const remarks = [sizeRemark(size), ...copies, augment === null ? null : augmentRemark(transforms)];
  const said = remarks.filter((remark) => remark !== null);
  return { verdict: said.length === 0 ? null : said.join(". "), augment, transforms };
}

/** Transformations that can be undone, of images that are higher or lower than they are wide. */
const ofAnyShape = transformSets.find(
  ({ invertible, square, members }) => invertible && !square && members.length > 1,
)!;

function augmentRemark(transforms: string | null): string {
  const [flags, moved] =
    transforms === null ? ["", "turned and mirrored"] : [` --transforms ${transforms}`, "mirrored"];
  return `With a GAN try --augment dag${flags}, which keeps ${moved} items out of the samples; --augment real-only${flags} is for items that are as likely ${moved}`;
}

function sizeRemark(size: number): string | null {
  if (size >= few) return null;
  const items = counted(size, "training item");
  return size < veryFew
    ? `${items}: far too few to learn a distribution from; a model will repeat them. Good for trying things out`
    : `${items}: few; expect a model to memorise. Keep it small, compare its losses on train and test, and collect more if you can`;
}

function copiesRemark(near: NearDuplicates | null, where: string): string | null {
  if (near === null || near.pairs.length < manyCopies * near.of) return null;
  return `${count(near.pairs.length)} of ${counted(near.of, "item")}${where} have a near copy: there is less to learn from than their number says, and test items may be nearly equal to training items`;
}
