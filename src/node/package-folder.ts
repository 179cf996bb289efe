import { createRequire } from "node:module";
import { dirname } from "node:path";

import { DataError } from "../base/errors.ts";

/**
 * Folder of an npm package, resolved first from the working directory, then from zaya's installation.
 * @throws DataError with the given advice if it is not installed.
 */
export function packageFolder(name: string, from: string, advice: string): string {
  const folder = findPackage(from);
  if (folder !== null) return folder;
  throw new DataError(`${name} needs the npm package ${from} - it is not installed`, advice);
}

/** As `packageFolder`, but null if it is not installed. */
export function findPackage(name: string): string | null {
  try {
    const { resolve: find } = createRequire(import.meta.url);
    return dirname(find(`${name}/package.json`, { paths: [process.cwd(), import.meta.dirname] }));
  } catch {
    return null;
  }
}
