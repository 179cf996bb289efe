import { basename } from "node:path";

import { DataError } from "../base/errors.ts";
import { readChunks } from "./read-file.ts";

/** Supported data formats. */
export type DataFormat = "NumPy" | "Parquet" | "table" | "IDX";

/** A kind of content, recognised by a file's first bytes. */
interface Content {
  /** Its name in messages. */
  readonly name: string;
  /** Advice for such files. */
  readonly hint: string;
  /** A supported format, which needs another file name ending. */
  readonly format?: DataFormat;
}

const renamed = (ending: string): string => `rename it to end in ${ending}`;
const anImage = { name: "an image", hint: "pass the folder of your images" };

/** Patterns for the start of a file, with bytes as characters. White space may precede text. */
const signatures: readonly (readonly [RegExp, Content])[] = [
  [/^\x93NUMPY/, { name: "a NumPy array", hint: renamed(".npy"), format: "NumPy" }],
  [/^PAR1/, { name: "a Parquet file", hint: renamed(".parquet"), format: "Parquet" }],
  [
    /^PK\x03\x04[^]*?(?:\[Content_Types\]\.xml|xl\/|docProps\/|_rels\/)/,
    { name: "an Excel workbook", hint: "save it as CSV, in Excel with File > Save As" },
  ],
  [
    /^PK\x03\x04[^]{26}[^]*?\.npy/,
    { name: "a NumPy archive (.npz)", hint: "save one array with numpy.save, not savez" },
  ],
  [/^PK\x03\x04/, { name: "a ZIP archive", hint: "unpack it" }],
  [/^\xd0\xcf\x11\xe0/, { name: "an old Excel workbook (.xls)", hint: "save it as CSV, in Excel with File > Save As" }],
  [/^\x89HDF/, { name: "an HDF5 file", hint: "save its array with numpy.save" }],
  [/^MATLAB 5\.0/, { name: "a MATLAB file", hint: "save its array with numpy.save after scipy.io.loadmat" }],
  [/^ARROW1/, { name: "an Arrow file", hint: "save it as Parquet, in pandas with to_parquet" }],
  [/^\x80[\x02-\x05]/, { name: "a Python pickle", hint: "save its array with numpy.save" }],
  [/^SQLite format 3/, { name: "an SQLite database", hint: "export the table as CSV" }],
  [/^%PDF/, { name: "a PDF", hint: "export its table as CSV" }],
  [/^(?:\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*)/, anImage],
  [/^version https:\/\/git-lfs/, { name: "a Git LFS pointer", hint: "fetch the file itself: git lfs pull" }],
  [
    /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|table|!--)/i,
    { name: "a web page", hint: "the link leads to a page about the file: download the file itself" },
  ],
  [/^(?:\xef\xbb\xbf)?\s*<\?xml/, { name: "XML", hint: "save the numbers as CSV" }],
  [
    /^(?:\xef\xbb\xbf)?\s*[[{]\s*(?:["[{\]}]|-?\d)/,
    { name: "JSON", hint: "save the numbers as CSV, in pandas with read_json(...).to_csv(index=False)" },
  ],
];

/** Number of bytes that are examined. */
const head = 1024;

/**
 * Refuses a file whose first bytes, after decompression, contradict its name. Unknown content is accepted.
 * @throws DataError that names the kind of content.
 */
export async function requireContent(path: string, expected: DataFormat): Promise<void> {
  const chunks = await readChunks(path);
  if (chunks === null) return;
  let start = "";
  for await (const chunk of chunks) {
    start += Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.length, head)).toString("latin1");
    if (start.length >= head) break;
  }
  const found = signatures.find(([pattern]) => pattern.test(start))?.[1];
  if (found === undefined || found.format === expected) return;
  const rule = expected === "table" ? "a table of numbers" : expected === "IDX" ? "an IDX file" : `a ${expected} file`;
  throw new DataError(`${basename(path)} must be ${rule}, as its name says - got ${found.name}`, found.hint);
}
