import { DataError } from "../base/errors.ts";
import type { Dataset, Sides } from "../data/dataset.ts";
import { pairDataset } from "../data/pairs.ts";

/** Data as they are stored. */
export interface DataParts {
  readonly train: Dataset;
  /** Null where the data have no test part of their own. */
  readonly test: Dataset | null;
  /** Of a folder of images: the files of the items to train on, in their order. */
  readonly files?: readonly string[];
}

/** One data set, or two domains of images that become pairs after each has been limited and split separately. */
export interface OpenedData {
  readonly domains: readonly [DataParts] | readonly [DataParts, DataParts];
  /** One data set of one part of each domain. */
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

/** @throws DataError unless items of both parts have one shape. */
export function requireOneShape({ train, test }: DataParts, hint?: string): void {
  if (test === null || test.shape.join() === train.shape.join()) return;
  throw new DataError(
    `both parts must have items of one shape - got ${train.shape.join(" x ")} in ${train.name} and ${test.shape.join(" x ")} in ${test.name}`,
    hint,
  );
}
