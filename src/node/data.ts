import { OptionError } from "../base/errors.ts";
import { countOrShareRule, isCountOrShare } from "../base/options.ts";
import type { DataSplit, Dataset } from "../data/dataset.ts";
import { hasSides } from "../data/pairs.ts";
import type { OpenDataOptions, OpenItemsOptions } from "../run/index.ts";
import { splitOff, take, thin } from "../data/selection.ts";
import type { DataParts } from "./data-parts.ts";
import { openDomains } from "./open-domains.ts";

/**
 * Opens data by name (`mnist`) or by path: a folder of images, a NumPy file (`.npy`), a Parquet file, an IDX file, a
 * table of points (`.csv`, `.tsv`), or a JavaScript or TypeScript file that exports data. If the data have no test
 * split, a tenth of the items, always the same, becomes it. Two domains of images, given by two specs or found in one
 * folder, are limited and split separately and then paired.
 * @throws DataError if the data do not exist or are not valid.
 * @throws OptionError if an option is not valid or does not fit the data.
 */
export async function openData(spec: string, options: OpenDataOptions = {}): Promise<DataSplit> {
  checkOptions(options);
  const { limit, domain } = options;
  // A limit of whole items is applied while reading; a fraction needs the total first.
  const first = limit === undefined || limit < 1 ? undefined : limit;
  const { domains, join } = await openDomains(spec, { ...options, first });
  const splits = domains.map((parts) => splitOf(parts, limit));
  const part = (items: readonly Dataset[]) => chosenDomain(join(items), domain);
  return { train: part(splits.map(({ train }) => train)), test: part(splits.map(({ test }) => test)) };
}

/**
 * Opens data as one set, in their own order and without splitting; for data with their own test split, the training
 * split.
 * @throws DataError and OptionError as `openData`.
 */
export async function openItems(spec: string, options: OpenItemsOptions = {}): Promise<Dataset> {
  checkOptions(options);
  const { domains, join } = await openDomains(spec, options);
  return chosenDomain(join(domains.map(({ train }) => train)), options.domain);
}

function chosenDomain(items: Dataset, domain: OpenDataOptions["domain"]): Dataset {
  if (domain === undefined) return items;
  if (hasSides(items)) return domain === "A" ? items.sides.a : items.sides.b;
  throw new OptionError(
    `--domain is for data with two domains - got ${domain} for ${items.name}, a single data set`,
    "remove --domain",
  );
}

/** Aligned domains stay aligned: which items are kept or held out depends only on their number. */
function splitOf({ train, test }: DataParts, limit: number | undefined): DataSplit {
  if (limit !== undefined && limit >= 1) {
    // Limited before splitting, so that the limit applies to all items.
    const limited = take(train, limit);
    return test === null ? splitOff(limited) : { train: limited, test: take(test, limit) };
  }
  const split = test === null ? splitOff(train) : { train, test };
  return limit === undefined ? split : { train: thin(split.train, limit), test: split.test };
}

function checkOptions({ size, limit }: Pick<OpenDataOptions, "size" | "limit">): void {
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 1)) {
    throw new OptionError(`size must be a positive integer - got ${size}`);
  }
  if (limit !== undefined && !isCountOrShare(limit)) {
    throw new OptionError(`limit must be ${countOrShareRule} - got ${limit}`);
  }
}
