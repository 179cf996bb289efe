import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { DataError } from "../base/errors.ts";
import type { Classes } from "../data/classes.ts";
import { arrayDataset } from "../data/array-dataset.ts";
import type { Dataset } from "../data/dataset.ts";
import { type ClassFolders, classFolders, listed } from "./class-folders.ts";
import { type DataParts, type OpenedData, oneDomain, requireOneShape, twoDomains } from "./data-parts.ts";
import { type ImageFolderOptions, type ReadImageFolder, readImageFolder } from "./images.ts";

export interface FolderLayout {
  readonly size?: number | undefined;
  /** Number of images to read from each split. */
  readonly first?: number | undefined;
  readonly pairs?: "side-by-side" | undefined;
}

const sameShape = "resize all to N x N with --size N; if some are in colour, save the greyscale images as RGB";
/** Names of the folders of the two parts in any case, each the first that is there. */
const trainFolders = ["train", "training"];
const testFolders = ["test", "testing", "val", "valid", "validation"];

/**
 * A folder of images. It is two domains where `trainA` and `trainB` are in it, with `testA` and `testB` to test on where
 * they are there; aligned pairs where each image holds two `side-by-side`; else one data set of all images in it and below,
 * whose classes are its folders (`classFolders`). With `train` and `test` (or `val`) in it, those are its parts, also where they
 * are called `Training` or `TEST`.
 * @throws DataError when a part has no readable image, or a domain is missing. @throws OptionError when sizes differ.
 */
export async function openImageFolder(path: string, { size, first, pairs }: FolderLayout): Promise<OpenedData> {
  const how = { size, limit: first };
  if (pairs !== undefined) return openHalves(path, how);
  const [a, b] = [join(path, "trainA"), join(path, "trainB")];
  const there = [await isFolder(a), await isFolder(b)];
  if (there.includes(true)) {
    if (there.includes(false)) throw oneDomainMissing(path, there[0] ? a : b);
    const domain = async (train: string, test: string) => readParts([train, (await isFolder(test)) ? test : null], how);
    const domains = [await domain(a, join(path, "testA")), await domain(b, join(path, "testB"))] as const;
    return twoDomains(basename(path), domains, { aligned: false });
  }
  return oneDomain(await readClasses(path, how));
}

/** The folders of the parts of a data set. */
interface PartFolders {
  /** All images, if there is no separate test folder. */
  readonly train: string;
  readonly test: string | null;
  /** Names of other folders next to them, which are not read. */
  readonly others: readonly string[];
}

async function partsIn(path: string): Promise<PartFolders> {
  const folders = await foldersIn(path);
  const [train, test] = [trainFolders, testFolders].map((names) => folderCalled(folders, names));
  if (train === undefined || test === undefined) return { train: path, test: null, others: [] };
  const others = folders.filter((name) => name !== train && name !== test);
  return { train: join(path, train), test: join(path, test), others };
}

/** The folder with the first of these names that exists; an exact match before one that differs in case. */
function folderCalled(folders: readonly string[], names: readonly string[]): string | undefined {
  for (const name of names) {
    if (folders.includes(name)) return name;
    const found = folders.find((folder) => folder.toLowerCase() === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Names of the folders in a folder, but hidden ones. */
async function foldersIn(path: string): Promise<string[]> {
  // Folders that cannot be listed are reported when their images are read.
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name === "__MACOSX") continue;
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(path, entry.name))))) {
      names.push(entry.name);
    }
  }
  return names.toSorted();
}

function oneDomainMissing(path: string, there: string): DataError {
  return new DataError(
    `a folder with two domains must hold trainA and trainB - got ${basename(there)} alone in ${path}`,
    `add the other one, or pass ${there} to use only its images`,
  );
}

async function openHalves(path: string, how: ImageFolderOptions): Promise<OpenedData> {
  const { train, test } = await partsIn(path);
  // Without a folder to test on, what is in `train` alone is meant.
  const alone = test === null ? folderCalled(await foldersIn(path), trainFolders) : undefined;
  const only = alone === undefined ? train : join(path, alone);
  const half = (side: "left" | "right"): Promise<DataParts> => readParts([only, test], { ...how, half: side });
  return twoDomains(basename(path), [await half("left"), await half("right")], { aligned: true });
}

async function readParts(
  [train, test]: readonly [train: string, test: string | null],
  how: ImageFolderOptions,
): Promise<DataParts> {
  const read = await readImageFolder(train, how);
  const parts: DataParts = {
    train: datasetOf(basename(train), read),
    test: test === null ? null : datasetOf(basename(test), await readTestPart(test, how)),
    files: read.files,
  };
  requireOneShape(parts, sameShape);
  return parts;
}

/** One data set, with the folders as classes. */
async function readClasses(path: string, how: ImageFolderOptions): Promise<DataParts> {
  const { train, test, others } = await partsIn(path);
  const read = await readImageFolder(train, how);
  const { classes, notes: ofClasses } = classFolders(read.files, read.unread);
  const notes = [...ofClasses, ...othersNote(others, train, test)];
  const name = basename(path);
  if (test === null) return { train: datasetOf(name, read, { classes, notes }), test: null, files: read.files };
  const judged = await readTestPart(test, how);
  const known = classes === null ? null : sameClasses(test, judged, classes.names);
  if (classes !== null && known === null) {
    notes.push(
      `${basename(test)} has no class folders ${listed(classes.names)}, as ${basename(train)} has: the data set has no classes`,
    );
  }
  // Files of both parts may be called alike.
  const parts: DataParts = {
    train: datasetOf(name, inFolder(basename(train), read), { classes: known === null ? null : classes, notes }),
    test: datasetOf(name, inFolder(basename(test), judged), { classes: known, notes: [] }),
    files: read.files,
  };
  requireOneShape(parts, sameShape);
  return parts;
}

function othersNote(others: readonly string[], train: string, test: string | null): string[] {
  if (others.length === 0 || test === null) return [];
  const [one, are] = others.length === 1 ? ["the folder", "is"] : ["the folders", "are"];
  return [`${one} ${listed(others)} ${are} left out: ${basename(train)} and ${basename(test)} are read`];
}

/** The classes of images to test on, by the names of the others. Null where their folders are no classes. */
function sameClasses(test: string, { files, unread }: ReadImageFolder, names: readonly string[]): Classes | null {
  const classes = classFolders(files, unread).classes ?? oneClass(files, names);
  if (classes === null) return null;
  const other = classes.names.find((name) => !names.includes(name));
  if (other !== undefined) {
    throw new DataError(
      `${test} must have the class folders of the training split - got ${other}, which is none of ${names.join(", ")}`,
      "use the same folder names in both splits",
    );
  }
  return { labels: classes.labels.map((label) => names.indexOf(classes.names[label]!)), names };
}

/** Where all images to test on are of one class, its folder is there alone. */
function oneClass(files: readonly string[], names: readonly string[]): Classes | null {
  const [only, ...others] = new Set(files.map((file) => file.split("/", 1)[0]!));
  const isClass = only !== undefined && others.length === 0 && names.includes(only);
  return isClass && files.every((file) => file.includes("/"))
    ? { labels: new Int32Array(files.length), names: [only] }
    : null;
}

function inFolder(folder: string, read: ReadImageFolder): ReadImageFolder {
  const { files, skipped } = read;
  return {
    ...read,
    files: files.map((file) => `${folder}/${file}`),
    skipped: skipped.map(({ file, reason }) => ({ file: `${folder}/${file}`, reason })),
  };
}

function datasetOf(
  name: string,
  { items, files, skipped, scales, notes: own }: ReadImageFolder,
  { classes, notes }: ClassFolders = { classes: null, notes: [] },
): Dataset {
  return arrayDataset({
    name,
    kind: "image",
    items,
    files,
    skipped,
    scales,
    notes: [...own, ...notes],
    ...(classes !== null && { labels: classes.labels, classNames: classes.names }),
  });
}

function readTestPart(test: string, how: ImageFolderOptions): Promise<ReadImageFolder> {
  return readImageFolder(test, how).catch((error: unknown) => {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(error.message, "add images, or remove the folder to hold out a tenth of the others");
  });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
