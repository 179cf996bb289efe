import { range } from "../base/range.ts";
import { type Dataset, arrayDataset, resizeBilinear } from "../data/index.ts";

/** Side of the images in pixels, small enough for a row with many training runs to take minutes. */
export const smallSide = 16;

/** The images with these indices, 16 x 16, in memory. */
export async function smallImages(images: Dataset, from: number, to: number): Promise<Dataset> {
  const { name, labels } = images;
  const items = resizeBilinear(await images.read(range(from, to)), [smallSide, smallSide]);
  return arrayDataset({ name, kind: "image", items, labels: labels?.slice(from, to) ?? null });
}
