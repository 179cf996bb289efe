import { DataError, OptionError } from "../base/errors.ts";
import type { Sides, SkippedFile } from "../data/dataset.ts";
import { select } from "../data/selection.ts";
import type { OpenDataOptions } from "../run/index.ts";
import { type DataParts, type OpenedData, twoDomains } from "./data-parts.ts";
import { type SpecOptions, openSpec } from "./open-spec.ts";

export interface DomainOptions extends SpecOptions, Pick<OpenDataOptions, "second"> {}

/**
 * Opens the data of one or two specs. Two folders with exactly the same file names are aligned pairs, except for pairs with
 * an unreadable image; any other two specs are unpaired domains.
 * @throws DataError if the data do not exist. @throws OptionError for an option that does not fit them.
 */
export async function openDomains(spec: string, { second, ...options }: DomainOptions): Promise<OpenedData> {
  if (second === undefined) return openSpec(spec, options);
  if (options.pairs !== undefined) {
    throw new OptionError(
      `side-by-side pairs must be in one folder - got ${spec} and ${second}`,
      "pass one of them, or remove --pairs",
    );
  }
  const a = onlyDomain(spec, await openSpec(spec, options));
  const b = onlyDomain(second, await openSpec(second, options));
  const name = `${a.train.name} and ${b.train.name}`;
  const whole = wholePairs(a, b, options.first);
  if (whole !== null) return twoDomains(name, whole.domains, { aligned: true, leftOut: whole.leftOut });
  return twoDomains(name, [a, b], matchFiles(a, b));
}

interface NamedParts extends DataParts {
  readonly spec: string;
}

function onlyDomain(spec: string, { domains }: OpenedData): NamedParts {
  if (domains.length === 1) return { ...domains[0]!, spec };
  throw new DataError(`each domain must be a single set of images - got ${spec}, which holds two`);
}

/**
 * Two folders of pairs without the images whose partners cannot be read. Null if no image is damaged, or if other images have
 * no partner either. With a limit, the last images of a folder may have been read in place of damaged ones.
 */
function wholePairs(
  a: NamedParts,
  b: NamedParts,
  limit: number | undefined,
): { readonly domains: [DataParts, DataParts]; readonly leftOut: readonly SkippedFile[] } | null {
  const { files: ofA = [] } = a;
  const { files: ofB = [] } = b;
  const inB = new Set(ofB);
  const both = new Set(ofA.filter((file) => inB.has(file)));
  if (both.size === 0) return null;
  const halves = [aloneIn(a, b, both, limit), aloneIn(b, a, both, limit)];
  const leftOut = halves.flatMap(({ lost }) => lost);
  return leftOut.length > 0 && halves.every(({ explained }) => explained)
    ? { domains: [keptOf(a, both), keptOf(b, both)], leftOut }
    : null;
}

/** Images that occur in only one folder because their partners cannot be read, and whether this explains all unmatched images. */
function aloneIn(
  { spec, train, files = [] }: NamedParts,
  other: NamedParts,
  both: ReadonlySet<string>,
  limit: number | undefined,
) {
  const damaged = new Set(other.train.skipped.map(({ file }) => file));
  const alone = files.filter((file) => !both.has(file));
  const lost = alone.filter((file) => damaged.has(file));
  const others = alone.length - lost.length;
  return {
    lost: lost.map((file): SkippedFile => ({ file: `${spec}/${file}`, reason: "its partner cannot be read" })),
    // One more image was read at the end for each damaged one in the same folder.
    explained:
      others === 0 ||
      (files.length === limit &&
        others <= train.skipped.length &&
        files.slice(-others).every((file) => !both.has(file) && !damaged.has(file))),
  };
}

function keptOf(parts: DataParts, kept: ReadonlySet<string>): DataParts {
  const files = parts.files!;
  const places = files.flatMap((file, i) => (kept.has(file) ? [i] : []));
  return { ...parts, train: select(parts.train, Int32Array.from(places)), files: places.map((at) => files[at]!) };
}

/** Images of two folders are paired if both folders contain the same names. */
function matchFiles(a: NamedParts, b: NamedParts): Omit<Sides, "a" | "b"> {
  if (a.files === undefined || b.files === undefined) return { aligned: false };
  const unmatched = [...missingFrom(b.files, a.spec, a.files), ...missingFrom(a.files, b.spec, b.files)];
  if (unmatched.length === 0) return { aligned: true };
  return unmatched.length < a.files.length + b.files.length ? { aligned: false, unmatched } : { aligned: false };
}

function missingFrom(others: readonly string[], folder: string, files: readonly string[]): string[] {
  const there = new Set(others);
  return files.filter((file) => !there.has(file)).map((file) => `${folder}/${file}`);
}
