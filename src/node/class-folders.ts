import { filled } from "../base/filled.ts";
import { type Classes, classesFrom } from "../data/classes.ts";

/** The folders of images, if they are classes. */
export interface ClassFolders {
  /** The class of each file that was read; null if the folders are not classes. */
  readonly classes: Classes | null;
  /** Notes about ambiguous cases. */
  readonly notes: readonly string[];
}

/** Endings of files that are assumed to be images without opening them. */
const imageEnding = /\.(avif|gif|jpe?g|png|tiff?|webp)$/i;
const namedFolders = 5;

/**
 * Two or more folders of images are classes if there are no images next to them; images in deeper folders belong to
 * them. Folders that contain all images are skipped: `photos/2024/cat` and `photos/2024/dog` are cat and dog.
 * @param files Paths of the images that were read, with "/". @param unread Paths of files that were not opened.
 */
export function classFolders(files: readonly string[], unread: readonly string[]): ClassFolders {
  const all = [...files, ...unread.filter((file) => imageEnding.test(file))];
  const around = commonFolder(all);
  const folderOf = (file: string): string => file.slice(around.length).split("/", 1)[0]!;
  const isBeside = (file: string): boolean => !file.includes("/", around.length);
  const beside = all.filter(isBeside).length;
  const folders = [...new Set(all.filter((file) => !isBeside(file)).map(folderOf))].toSorted();
  if (folders.length === 0 || (folders.length === 1 && beside === 0)) return { classes: null, notes: [] };
  if (beside > 0) {
    const images = beside === 1 ? "1 image is" : `${beside} images are`;
    const reason = `${images} next to the folder${folders.length === 1 ? "" : "s"} ${listed(folders)}`;
    return { classes: null, notes: [`${reason}: the data set has no classes`] };
  }
  const known = classesFrom(labelsOf(folders));
  const rank = new Map(known.names.map((name, label) => [name, label]));
  const labels = filled(new Int32Array(files.length), (i) => rank.get(folderOf(files[i]!))!);
  return { classes: { labels, names: known.names }, notes: notesOn(folders, files.map(folderOf), around) };
}

/** Folders whose names are all numbers are sorted numerically. */
function labelsOf(folders: readonly string[]): readonly (string | number)[] {
  return folders.every((name) => String(Number(name)) === name) ? folders.map(Number) : folders;
}

function notesOn(folders: readonly string[], read: readonly string[], around: string): string[] {
  const seen = new Set(read);
  const unseen = folders.filter((name) => !seen.has(name));
  const where = around === "" ? [] : [`classes are the subfolders of ${around.slice(0, -1)}`];
  if (unseen.length === 0) return where;
  const missing = `the limit excludes all images of the class${unseen.length === 1 ? "" : "es"} ${listed(unseen)}`;
  return [...where, `${missing}: a fraction, such as --limit 0.1, keeps every class`];
}

/** Some of the names, and the number of the others. */
export function listed(folders: readonly string[]): string {
  const shown = folders.slice(0, namedFolders);
  const more = folders.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The innermost folder that contains all files, with a trailing "/"; "" if there is none. */
function commonFolder(files: readonly string[]): string {
  let around = "";
  for (;;) {
    const first = files[0]?.slice(around.length);
    const slash = first === undefined ? -1 : first.indexOf("/");
    if (slash < 0) return around;
    const next = around + first!.slice(0, slash + 1);
    if (!files.every((file) => file.startsWith(next))) return around;
    around = next;
  }
}
