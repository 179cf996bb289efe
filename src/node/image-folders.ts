import { stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { DataError } from "../base/errors.ts";
import { arrayDataset } from "../data/array-dataset.ts";
import type { Dataset } from "../data/dataset.ts";
import { type DataParts, type OpenedData, oneDomain, requireOneShape, twoDomains } from "./data-parts.ts";
import { type ImageFolderOptions, readImageFolder } from "./images.ts";

export interface FolderLayout {
  readonly size?: number | undefined;
  /** Read the first so many images of each part. */
  readonly first?: number | undefined;
  readonly pairs?: "side-by-side" | undefined;
}

/**
 * A folder of images. It is two domains where `trainA` and `trainB` are in it, with `testA` and `testB` to test on where
 * they are there; aligned pairs where each image holds two `side-by-side`, in `train` and `test` or `val`, or all of them
 * in one folder; else one data set of all images in it and below.
 * @throws DataError when a part has no readable image, or a domain is missing. @throws OptionError when sizes differ.
 */
export async function openImageFolder(path: string, { size, first, pairs }: FolderLayout): Promise<OpenedData> {
  const how = { size, limit: first };
  if (pairs !== undefined) return openHalves(path, how);
  const [a, b] = [join(path, "trainA"), join(path, "trainB")];
  const there = [await isFolder(a), await isFolder(b)];
  if (!there.includes(true)) return oneDomain(await readParts(path, null, how));
  if (there.includes(false)) throw oneDomainMissing(path, there[0] ? a : b);
  const domain = async (train: string, test: string) => readParts(train, (await isFolder(test)) ? test : null, how);
  const domains = [await domain(a, join(path, "testA")), await domain(b, join(path, "testB"))] as const;
  return twoDomains(basename(path), domains, { aligned: false });
}

function oneDomainMissing(path: string, there: string): DataError {
  return new DataError(
    `openData: a folder of two domains must hold trainA and trainB - got ${basename(there)} alone in ${path}`,
    `add the other; or name ${there}, for the images of it alone`,
  );
}

async function openHalves(path: string, how: ImageFolderOptions): Promise<OpenedData> {
  const train = join(path, "train");
  const half = async (side: "left" | "right"): Promise<DataParts> => {
    if (!(await isFolder(train))) return readParts(path, null, { ...how, half: side });
    const tests = [join(path, "test"), join(path, "val")];
    const test = (await isFolder(tests[0]!)) ? tests[0]! : (await isFolder(tests[1]!)) ? tests[1]! : null;
    return readParts(train, test, { ...how, half: side });
  };
  return twoDomains(basename(path), [await half("left"), await half("right")], { aligned: true });
}

async function readParts(train: string, test: string | null, how: ImageFolderOptions): Promise<DataParts> {
  const { items, files, skipped } = await readImageFolder(train, how);
  const parts: DataParts = {
    train: arrayDataset({ name: basename(train), kind: "image", items, skipped }),
    test: test === null ? null : await readTestPart(test, how),
    files,
  };
  requireOneShape(parts, "--size N brings all to N x N; where some have colour, save the grey ones as RGB");
  return parts;
}

async function readTestPart(test: string, how: ImageFolderOptions): Promise<Dataset> {
  const { items, skipped } = await readImageFolder(test, how).catch((error: unknown) => {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(
      error.message,
      "put images there, or remove the folder: then a tenth of the others is held out",
    );
  });
  return arrayDataset({ name: basename(test), kind: "image", items, skipped });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
