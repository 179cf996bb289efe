import { OptionError } from "../base/errors.ts";
import { textField } from "../base/options.ts";
import { isBucket, parseBucketPlace } from "../node/bucket.ts";

/** The flag that names a bucket for sweeps/ and trials/. */
export const storeField = textField(
  "S3-compatible bucket for sweeps/ and trials/, in place of --out",
  "url",
).optional();

/** Options whose `out` is where sweeps and trials are. @throws OptionError for a --store that is not a bucket. */
export function withPlace<Of extends { readonly out: string; readonly store?: string | undefined }>(given: Of): Of {
  const { store } = given;
  if (store === undefined) return given;
  if (!isBucket(store)) {
    throw new OptionError(`store must be s3://BUCKET/PREFIX - got ${store}`, "a folder is named by --out", "store");
  }
  parseBucketPlace(store);
  return { ...given, out: store };
}
