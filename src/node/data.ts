import { OptionError } from "../base/errors.ts";
import { countOrShareRule, isCountOrShare } from "../base/options.ts";
import { type DataSplit, type Dataset, splitOff, take, thin } from "../data/dataset.ts";
import { hasSides } from "../data/pairs.ts";
import type { OpenDataOptions, OpenItemsOptions } from "../run/index.ts";
import type { DataParts } from "./data-parts.ts";
import { openDomains } from "./open-domains.ts";

/**
 * Opens data by name (`mnist`), or by path: a folder of images, a NumPy file (`.npy`), an IDX file, or a table of points
 * (`.csv`, `.tsv`). Data without a test part give a tenth of their items to it, the same ones each time. Two domains of
 * images, named by two specs or one (`openDomains`), are limited and split each by itself and then become pairs.
 * @throws DataError when there is no such data, or they are not what they should be.
 * @throws OptionError when an option is not valid or does not fit the data.
 */
export async function openData(spec: string, options: OpenDataOptions = {}): Promise<DataSplit> {
  checkOptions(options);
  const { limit, domain } = options;
  // Folders are read up to a number of images; how many a share is shows when all are there.
  const first = limit === undefined || limit < 1 ? undefined : limit;
  const { domains, join } = await openDomains(spec, { ...options, first });
  const splits = domains.map((parts) => splitOf(parts, limit));
  const part = (items: readonly Dataset[]) => chosenDomain(join(items), domain);
  return { train: part(splits.map(({ train }) => train)), test: part(splits.map(({ test }) => test)) };
}

/**
 * The same as one set, in the order in which they lie there. Of data that have a test part of their own, the part to
 * train on.
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

/** Aligned domains stay so: what is kept and what is held out follow from the number of items alone. */
function splitOf({ train, test }: DataParts, limit: number | undefined): DataSplit {
  if (limit !== undefined && limit >= 1) {
    // The limit comes first, so that it bounds the whole.
    const limited = take(train, limit);
    return test === null ? splitOff(limited) : { train: limited, test: take(test, limit) };
  }
  const split = test === null ? splitOff(train) : { train, test };
  return limit === undefined ? split : { train: thin(split.train, limit), test: split.test };
}

function checkOptions({ size, limit }: Pick<OpenDataOptions, "size" | "limit">): void {
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 1)) {
    throw new OptionError(`size must be a whole number from 1 - got ${size}`);
  }
  if (limit !== undefined && !isCountOrShare(limit)) {
    throw new OptionError(`limit must be ${countOrShareRule} - got ${limit}`);
  }
}
