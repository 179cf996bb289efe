import { DataError, OptionError } from "../base/errors.ts";
import type { Sides } from "../data/dataset.ts";
import { type DataParts, type OpenedData, twoDomains } from "./data-parts.ts";
import { type SpecOptions, openSpec } from "./open-spec.ts";

export interface DomainOptions extends SpecOptions {
  /** A second domain, named as the first is. */
  readonly second?: string | undefined;
}

/**
 * What a spec names, or two. Two folders with exactly the same file names are aligned pairs; all else that is named by two
 * specs is two domains of which nobody says what belongs together.
 * @throws DataError when there are no such data. @throws OptionError for an option that does not fit them.
 */
export async function openDomains(spec: string, { second, ...options }: DomainOptions): Promise<OpenedData> {
  if (second === undefined) return openSpec(spec, options);
  if (options.pairs !== undefined) {
    throw new OptionError(
      `openData: images side by side are both domains in one folder - got ${spec} and ${second}`,
      "name one of them, or leave --pairs out",
    );
  }
  const a = onlyDomain(spec, await openSpec(spec, options));
  const b = onlyDomain(second, await openSpec(second, options));
  const match = matchFiles({ spec, files: a.files }, { spec: second, files: b.files });
  return twoDomains(`${a.train.name} and ${b.train.name}`, [a, b], match);
}

function onlyDomain(spec: string, { domains }: OpenedData): DataParts {
  if (domains.length === 1) return domains[0]!;
  throw new DataError(`openData: each of two domains must be one set of images - got ${spec}, which holds two`);
}

interface FolderFiles {
  readonly spec: string;
  /** Undefined for what is no folder of images. */
  readonly files: readonly string[] | undefined;
}

/** Images of two folders belong together where either has one of every name in the other. */
function matchFiles(a: FolderFiles, b: FolderFiles): Omit<Sides, "a" | "b"> {
  if (a.files === undefined || b.files === undefined) return { aligned: false };
  const unmatched = [...missingFrom(b.files, a.spec, a.files), ...missingFrom(a.files, b.spec, b.files)];
  if (unmatched.length === 0) return { aligned: true };
  return unmatched.length < a.files.length + b.files.length ? { aligned: false, unmatched } : { aligned: false };
}

function missingFrom(others: readonly string[], folder: string, files: readonly string[]): string[] {
  const there = new Set(others);
  return files.filter((file) => !there.has(file)).map((file) => `${folder}/${file}`);
}
