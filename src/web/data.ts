import { DataError } from "../base/errors.ts";
import { type DataSplit, datasets } from "../data/index.ts";

/**
 * Opens built-in data that consist of files from the web.
 * @param base URL of the folder that contains the files, with a slash at the end.
 * @throws DataError when there is no such data, a file cannot be fetched, or it is damaged.
 */
export async function fetchData(name: string, base: string | URL): Promise<DataSplit> {
  const known = datasets.filter((dataset) => dataset.origin === "files");
  const found = known.find((dataset) => dataset.name === name);
  if (found === undefined) {
    throw new DataError(
      `fetchData: data must have a known name - got ${name}`,
      `data sets that can be fetched: ${known.map((dataset) => dataset.name).join(", ")}`,
    );
  }
  return found.open(async (part) => {
    const address = new URL(part, base);
    const response = await fetch(address);
    if (!response.ok) {
      throw new DataError(
        `fetchData: the file ${part} of ${name} could not be fetched - got ${response.status} from ${address.href}`,
        "is it the URL of the folder, with a slash at the end?",
      );
    }
    return new Uint8Array(await response.arrayBuffer());
  });
}
