import { DataError } from "../base/errors.ts";
import type { Dataset, Sides } from "../data/dataset.ts";
import { pairDataset } from "../data/pairs.ts";

/** The stored splits of a data set. */
export interface DataParts {
  readonly train: Dataset;
  /** Null if the data have no test split. */
  readonly test: Dataset | null;
  /** For a folder of images: the file of each training item. */
  readonly files?: readonly string[];
}

/** One data set, or two domains of images that become pairs after each has been limited and split separately. */
export interface OpenedData {
  readonly domains: readonly [DataParts] | readonly [DataParts, DataParts];
  /** Combines one split of each domain into a data set. */
  join(parts: readonly Dataset[]): Dataset;
}

export function oneDomain(parts: DataParts): OpenedData {
  return { domains: [parts], join: ([only]) => only! };
}

export function twoDomains(
  name: string,
  domains: readonly [DataParts, DataParts],
  match: Omit<Sides, "a" | "b">,
): OpenedData {
  return { domains, join: ([a, b]) => pairDataset(name, { a: a!, b: b!, ...match }) };
}

/** @throws DataError unless the items of both splits have the same shape. */
export function requireOneShape({ train, test }: DataParts, hint?: string): void {
  if (test === null || test.shape.join() === train.shape.join()) return;
  throw new DataError(
    `both splits must have items of the same shape - got ${train.shape.join(" x ")} in ${train.name} and ${test.shape.join(" x ")} in ${test.name}`,
    hint,
  );
}
