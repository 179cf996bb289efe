import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

import type { SkippedFile } from "../data/dataset.ts";

/** What systems and programs leave beside a person's own files, in lower case; names that begin with a dot are passed over too. */
const leftBySystems = new Set(["thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"]);

/**
 * The files in a folder and the folders in it, sorted, as paths from it with "/". Hidden ones are left out, and what systems
 * leave there; links are followed, but not round and round. What cannot be opened is added to `skipped`.
 * @throws the file system's error when the folder itself cannot be read.
 */
export async function listFiles(root: string, skipped: SkippedFile[]): Promise<string[]> {
  const files: string[] = [];
  /** `above` are the real paths of the folders that lead here, so that a link back up is not followed for ever. */
  const visit = async (folder: string, at: string, above: readonly string[]): Promise<void> => {
    const here = await realpath(folder);
    if (above.includes(here)) return;
    for (const entry of await readdir(here, { withFileTypes: true })) {
      const { name } = entry;
      if (name.startsWith(".") || leftBySystems.has(name.toLowerCase())) continue;
      const file = at === "" ? name : `${at}/${name}`;
      if (name.includes("\ufffd")) {
        skipped.push({ file, reason: "cannot be read: its name is not UTF-8; rename it" });
        continue;
      }
      try {
        // Only of a link it has to be asked what it is: a folder can hold hundreds of thousands of files.
        const found = entry.isFile() || entry.isDirectory() ? entry : await stat(join(here, name));
        if (found.isFile()) files.push(file);
        else if (found.isDirectory()) await visit(join(here, name), file, [...above, here]);
        else skipped.push({ file, reason: "neither a file nor a folder" });
      } catch (error) {
        skipped.push({ file, reason: reasonOf(error) });
      }
    }
  };
  await visit(root, "", []);
  return files.sort();
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "a broken link",
  ELOOP: "a circular link",
  EACCES: "permission denied",
  EPERM: "permission denied",
};

/** Why a file or folder cannot be opened, in words. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : reasons[code];
  return known === undefined ? `cannot be read: ${message}` : `cannot be read: ${known} (${code})`;
}
