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

const sameShape = "resize all of them to N x N with --size N; if some are in colour, save the greyscale images as RGB";
/** Names of the folders of the two splits, in any case; the first one that exists is used. */
const trainFolders = ["train", "training"];
const testFolders = ["test", "testing", "val", "valid", "validation"];

/**
 * Opens a folder of images. With subfolders `trainA` and `trainB` it is two domains, with `testA` and `testB` as test splits if
 * they exist. With `side-by-side`, each image is an aligned pair. Otherwise all images in it and its subfolders are one data
 * set, whose classes are its folders (`classFolders`); subfolders `train` and `test` (or `val`) are its splits, in any case and
 * also as `Training` and so on.
 * @throws DataError if a split has no readable image, or a domain is missing. @throws OptionError if sizes differ.
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

/** The folders of the splits of a data set. */
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

/** The folder with the first of these names that exists; an exact match takes precedence over one that differs in case. */
function folderCalled(folders: readonly string[], names: readonly string[]): string | undefined {
  for (const name of names) {
    if (folders.includes(name)) return name;
    const found = folders.find((folder) => folder.toLowerCase() === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Names of the folders in a folder, except hidden ones. */
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
    `a folder with two domains must hold trainA and trainB - got only ${basename(there)} in ${path}`,
    `add the other one, or pass ${there} to use only its images`,
  );
}

async function openHalves(path: string, how: ImageFolderOptions): Promise<OpenedData> {
  const { train, test } = await partsIn(path);
  // Without a test folder, only the images in `train` are used.
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
  const testImages = await readTestPart(test, how);
  const known = classes === null ? null : sameClasses(test, testImages, classes.names);
  if (classes !== null && known === null) {
    notes.push(
      `${basename(test)} lacks the class folders ${listed(classes.names)} of ${basename(train)}: the data set has no classes`,
    );
  }
  // Files of both splits may have the same names.
  const parts: DataParts = {
    train: datasetOf(name, inFolder(basename(train), read), { classes: known === null ? null : classes, notes }),
    test: datasetOf(name, inFolder(basename(test), testImages), { classes: known, notes: [] }),
    files: read.files,
  };
  requireOneShape(parts, sameShape);
  return parts;
}

function othersNote(others: readonly string[], train: string, test: string | null): string[] {
  if (others.length === 0 || test === null) return [];
  const [one, are] = others.length === 1 ? ["the folder", "is"] : ["the folders", "are"];
  return [`${one} ${listed(others)} ${are} ignored: ${basename(train)} and ${basename(test)} are read`];
}

/** The classes of test images, by the names of the training classes. Null if their folders are not classes. */
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

/** The classes if all test images are of one class, so that its folder is the only one. */
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
    throw new DataError(error.message, "add images, or remove the folder to hold out a tenth of the training images");
  });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
