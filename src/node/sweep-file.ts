import { readFile } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";

import { parse } from "yaml";

import { OptionError } from "../base/errors.ts";
import { type SweepFile, parseSweepFile } from "../sweep/index.ts";
import { importOwn, isModulePath } from "./own-module.ts";

/** A sweep file, with its name and the folder that its relative paths refer to. */
export interface ReadSweepFile {
  readonly name: string;
  readonly folder: string;
  readonly file: SweepFile;
}

/** Reads a sweep file: YAML (which includes JSON), or a .js or .ts file whose default export is the sweep. @throws OptionError. */
export async function readSweepFile(path: string): Promise<ReadSweepFile> {
  const file = parseSweepFile(await contentOf(path), path);
  const name = file.name ?? basename(path, extname(path)).replaceAll(/[^\w.-]+/g, "-");
  return { name, folder: dirname(resolve(path)), file };
}

async function contentOf(path: string): Promise<unknown> {
  if (isModulePath(path)) return (await importOwn(path, "a sweep")).exported["default"];
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new OptionError(
      `the sweep must be a file that can be read - got ${path} (${error.code})`,
      "docs/scale.md shows an example",
    );
  });
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new OptionError(`${path}: must be YAML - ${(error as Error).message.split("\n")[0]!}`);
  }
}
