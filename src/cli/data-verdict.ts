import type { DataSplit, NearDuplicates } from "../data/index.ts";
import { count, counted } from "./format.ts";

/** Training items below which a person should know what to expect. */
const few = 1000;
/** Training items below which there is little to learn from. */
const veryFew = 100;
/** Share of near copies from which the count of items promises too much. */
const manyCopies = 0.1;

export interface Verdict {
  /** What to expect; null where there is enough not to say anything. */
  readonly verdict: string | null;
  /** The value of --augment that is worth a try; null where the data need none, or none fits them. */
  readonly augment: "dag" | null;
}

/**
 * What to expect of little data, and of data that repeat themselves.
 * @source Karras et al., arXiv 2006.06676, figure 1: quality falls with each halving of the data, by memorisation. Tran et al.,
 * "On Data Augmentation for GAN Training", arXiv 2006.05338: what of augmented items gets into samples, and how not.
 */
export function verdictOn({ data, near }: { readonly data: DataSplit; readonly near: NearDuplicates | null }): Verdict {
  const { size, kind } = data.train;
  const augment = size < few && kind === "image" ? "dag" : null;
  const remarks = [sizeRemark(size), copiesRemark(near), augment === null ? null : augmentRemark];
  const said = remarks.filter((remark) => remark !== null);
  return { verdict: said.length === 0 ? null : said.join(". "), augment };
}

const augmentRemark =
  "With a GAN try --augment dag, which keeps turned and mirrored items out of the samples; --augment real-only is for items that are as likely turned and mirrored";

function sizeRemark(size: number): string | null {
  if (size >= few) return null;
  const items = counted(size, "training item");
  return size < veryFew
    ? `${items}: far too few to learn a distribution from; a model will repeat them. Good for trying things out`
    : `${items}: few; expect a model to memorise. Keep it small, compare its losses on train and test, and collect more if you can`;
}

function copiesRemark(near: NearDuplicates | null): string | null {
  if (near === null || near.count < manyCopies * near.of) return null;
  return `${count(near.count)} of ${counted(near.of, "item")} have a near copy: there is less to learn from than their number says, and test items may be nearly equal to training items`;
}
