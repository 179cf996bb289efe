import { extname } from "node:path";

/** The kind of a file, according to its first bytes. */
export interface FileKind {
  /** Name for the user. */
  readonly name: string;
  /** What to do if it cannot be decoded; undefined for supported formats. */
  readonly instead?: string;
}

/** A star stands for all files with the same ending. */
const toJpeg = "convert it to JPEG, for example with magick mogrify -format jpg *";
const toPng = "convert it to PNG, for example with magick mogrify -format png *";
const develop = "convert it to JPEG or TIFF, for example with darktable";
const frames = "extract images from it, for example with ffmpeg";
const floats = "save it as 8-bit PNG, or as TIFF of floats in [0, 1]";
const raw: FileKind = { name: "a camera raw file", instead: develop };

const decoded = {
  jpeg: { name: "JPEG" },
  png: { name: "PNG" },
  gif: { name: "GIF" },
  webp: { name: "WebP" },
  tiff: { name: "TIFF" },
  avif: { name: "AVIF" },
} as const satisfies Readonly<Record<string, FileKind>>;

/** `[offset, text or bytes at that offset, kind]`. */
const signatures: readonly (readonly [at: number, bytes: string | readonly number[], kind: FileKind])[] = [
  [0, [0xff, 0xd8, 0xff], decoded.jpeg],
  [0, [0x89, 0x50, 0x4e, 0x47], decoded.png],
  [0, "GIF8", decoded.gif],
  [0, [0x49, 0x49, 0x2a, 0], decoded.tiff],
  [0, [0x4d, 0x4d, 0, 0x2a], decoded.tiff],
  [0, [0x49, 0x49, 0x2b, 0], decoded.tiff],
  [0, [0x4d, 0x4d, 0, 0x2b], decoded.tiff],
  [0, "IIRO", raw],
  [0, "IIRS", raw],
  [0, "MMOR", raw],
  [0, [0x49, 0x49, 0x55, 0], raw],
  [0, "FUJIFILMCCD-RAW", raw],
  [0, "FOVb", raw],
  [0, [0x49, 0x49, 0xbc], { name: "JPEG XR", instead: toJpeg }],
  [0, "8BPS", { name: "PSD", instead: "export it as PNG or JPEG" }],
  [0, [0, 0, 1, 0], { name: "ICO", instead: toPng }],
  [0, [0xff, 0x0a], { name: "JPEG XL", instead: toJpeg }],
  [4, "JXL ", { name: "JPEG XL", instead: toJpeg }],
  [4, "jP  ", { name: "JPEG 2000", instead: toJpeg }],
  [0, [0xff, 0x4f, 0xff, 0x51], { name: "JPEG 2000", instead: toJpeg }],
  [0, [0x76, 0x2f, 0x31, 0x01], { name: "OpenEXR", instead: floats }],
  [0, "#?RADIANCE", { name: "Radiance HDR", instead: floats }],
  [0, "#?RGBE", { name: "Radiance HDR", instead: floats }],
  [0, "%PDF", { name: "PDF", instead: "save its pages as PNG, for example: pdftoppm -png" }],
  [0, "%!PS", { name: "PostScript", instead: toPng }],
  [0, [0xc5, 0xd0, 0xd3, 0xc6], { name: "PostScript", instead: toPng }],
  [0, "<svg", { name: "SVG, a drawing without pixels,", instead: "export it as PNG" }],
  [0, "DDS ", { name: "DDS", instead: toPng }],
  [0, "gimp xcf", { name: "XCF", instead: "export it as PNG from GIMP" }],
  [0, "SIMPLE  =", { name: "FITS", instead: "save its numbers as .npy, or as TIFF of floats in [0, 1]" }],
  [128, "DICM", { name: "DICOM", instead: "save its numbers as .npy, or as TIFF of floats in [0, 1]" }],
  [0, "qoif", { name: "QOI", instead: toPng }],
  [0, "BPG\u00fb", { name: "BPG", instead: toPng }],
  [0, "AT&TFORM", { name: "DjVu", instead: toPng }],
  [0, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], { name: "a NumPy file", instead: "pass the file itself as --data" }],
  [0, "PAR1", { name: "a Parquet file", instead: "pass the file itself as --data" }],
  [0, [0x1f, 0x8b], { name: "a gzip archive", instead: "unpack it" }],
  [0, "PK\u0003\u0004", { name: "a ZIP archive", instead: "unpack it" }],
  [0, "Rar!", { name: "a RAR archive", instead: "unpack it" }],
  [0, "7z\u00bc\u00af", { name: "a 7z archive", instead: "unpack it" }],
  [257, "ustar", { name: "a TAR archive", instead: "unpack it" }],
  [0, [0x1a, 0x45, 0xdf, 0xa3], { name: "a video", instead: frames }],
  [0, [0, 0, 1, 0xba], { name: "a video", instead: frames }],
  [0, "version https://git-lfs", { name: "a Git LFS pointer", instead: "fetch the image with: git lfs pull" }],
];

/** Kinds of ISO media files by their brand; the first match counts. */
const brands: readonly (readonly [RegExp, FileKind])[] = [
  [/avi[fs]/, decoded.avif],
  [/he[iv][cmsx]|mif[12]|msf1/, { name: "HEIC", instead: toJpeg }],
  [/crx /, raw],
  [/jp2 |jpx |jpm /, { name: "JPEG 2000", instead: toJpeg }],
];

/** Kinds by file name ending, for images whose first bytes are those of TIFF or not distinctive. */
const endings: Readonly<Record<string, FileKind>> = {
  ...Object.fromEntries(
    [
      "3fr",
      "arw",
      "cr2",
      "dcr",
      "dng",
      "erf",
      "iiq",
      "kdc",
      "mef",
      "mos",
      "nef",
      "nrw",
      "pef",
      "raw",
      "rwl",
      "srw",
    ].map((ending) => [ending, raw]),
  ),
  cur: { name: "a cursor", instead: toPng },
  tga: { name: "TGA", instead: toPng },
  pcx: { name: "PCX", instead: toPng },
  wbmp: { name: "WBMP", instead: toPng },
};

/** The reason why a file of a known kind cannot be decoded; null if it can, or might be. */
export function undecodable(kind: FileKind | null, file: string): string | null {
  if (kind?.instead === undefined) return null;
  return `${kind.name} cannot be decoded here: ${kind.instead.replace(/\*$/, `*${extname(file)}`)}`;
}

/** The kind of a file by its first bytes, or else by its name; null if neither decides. */
export function kindOf(bytes: Uint8Array, file: string): FileKind | null {
  const ending = /\.([a-z0-9]+)$/i.exec(file)?.[1]?.toLowerCase() ?? "";
  const signed = boxed(bytes) ?? signatures.find(([at, start]) => begins(bytes, at, start))?.[2] ?? textual(bytes);
  const named = Object.hasOwn(endings, ending) ? endings[ending]! : null;
  if (signed !== decoded.tiff) return signed ?? named;
  return begins(bytes, 8, "CR") ? raw : (named ?? signed);
}

function begins(bytes: Uint8Array, at: number, start: string | readonly number[]): boolean {
  for (let i = 0; i < start.length; i++) {
    if (bytes[at + i] !== (typeof start === "string" ? start.charCodeAt(i) : start[i])) return false;
  }
  return true;
}

function boxed(bytes: Uint8Array): FileKind | null {
  if (begins(bytes, 0, "BM") && begins(bytes, 6, [0, 0, 0, 0])) return { name: "BMP", instead: toPng };
  if (begins(bytes, 0, "RIFF")) {
    if (begins(bytes, 8, "WEBP")) return decoded.webp;
    return begins(bytes, 8, "AVI ") ? { name: "a video", instead: frames } : null;
  }
  if (!begins(bytes, 4, "ftyp")) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  const named = latin(bytes.subarray(8, Math.min(length, 256)));
  return brands.find(([pattern]) => pattern.test(named))?.[1] ?? { name: "a video", instead: frames };
}

function textual(bytes: Uint8Array): FileKind | null {
  const start = latin(bytes.subarray(0, 512)).trimStart();
  if (/^P[1-7]\s/.test(start)) return { name: "PNM", instead: toPng };
  if (/^<\?xml[\s\S]*<svg/.test(start)) return { name: "SVG, a drawing without pixels,", instead: "export it as PNG" };
  if (/^<(!doctype html|html)/i.test(start)) return { name: "a web page", instead: "download the image itself" };
  return null;
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
