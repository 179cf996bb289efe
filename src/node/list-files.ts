import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

import { DataError } from "../base/errors.ts";
import type { SkippedFile } from "../data/dataset.ts";

/** Files that operating systems and programs leave in folders, in lower case; names with a leading dot are skipped as well. */
const leftBySystems = new Set(["thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"]);

/**
 * Lists the files in a folder and its subfolders, sorted, as relative paths with "/". Hidden files, files left by operating
 * systems and folders of runs are skipped; links are followed, but not in cycles. Files that cannot be opened are added to
 * `skipped`.
 * @throws DataError if the folder itself cannot be read, or contains a run.
 */
export async function listFiles(root: string, skipped: SkippedFile[]): Promise<string[]> {
  const files: string[] = [];
  /** `above` are the real paths of the parent folders, so that a link to one of them is not followed endlessly. */
  const visit = async (folder: string, at: string, above: readonly string[]): Promise<void> => {
    const here = await realpath(folder);
    if (above.includes(here)) return;
    const entries = await readdir(here, { withFileTypes: true });
    if (isRunFolder(entries.map(({ name }) => name))) {
      // Pictures of a run are not training data.
      if (at === "") throw runAsData(root);
      skipped.push({ file: at, reason: "the folder of a run, whose pictures are not used as data" });
      return;
    }
    for (const entry of entries) {
      const { name } = entry;
      if (name.startsWith(".") || leftBySystems.has(name.toLowerCase())) continue;
      const file = at === "" ? name : `${at}/${name}`;
      if (name.includes("\ufffd")) {
        skipped.push({ file, reason: "cannot be read: its name is not UTF-8; rename it" });
        continue;
      }
      try {
        // Only links need a call to stat, because a folder can contain hundreds of thousands of files.
        const found = entry.isFile() || entry.isDirectory() ? entry : await stat(join(here, name));
        if (found.isFile()) files.push(file);
        else if (found.isDirectory()) await visit(join(here, name), file, [...above, here]);
        else skipped.push({ file, reason: "neither a file nor a folder" });
      } catch (error) {
        skipped.push({ file, reason: reasonOf(error) });
      }
    }
  };
  try {
    await visit(root, "", []);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${root} must be a folder that can be read - got ${(error as Error).message}`);
  }
  return files.sort();
}

function isRunFolder(names: readonly string[]): boolean {
  return names.includes("run.json") && (names.includes("config.json") || names.includes("checkpoints"));
}

function runAsData(folder: string): DataError {
  return new DataError(
    `data must be a folder of images - got ${folder}, the folder of a run`,
    "to use images that the run generates: zaya sample RUN -n 1000 --out FOLDER/, then pass FOLDER",
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "a broken link",
  ELOOP: "a circular link",
  EACCES: "permission denied",
  EPERM: "permission denied",
};

/** Describes why a file or folder cannot be opened. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : reasons[code];
  return known === undefined ? `cannot be read: ${message}` : `cannot be read: ${known} (${code})`;
}
