import type { Metadata, Sharp } from "sharp";

import { type NumberType, ValueFault } from "../data/value-scale.ts";
import { kindOf, undecodable } from "./image-kinds.ts";
import { lacksScans } from "./jpeg-scans.ts";
import { type OpenSharp, loadSharp } from "./sharp.ts";
import { type TiffHeader, readTiffHeader } from "./tiff-numbers.ts";

export interface Decoding {
  /** Side in pixels: the image is scaled to cover a square of this size, and its centre is kept. */
  readonly size?: number | undefined;
  /** Which half of an image that is twice as wide as high. */
  readonly half?: "left" | "right" | undefined;
  /** Converts to grey or colour; if omitted, channels are kept. */
  readonly channels?: 1 | 3 | undefined;
}

/** Pixels of an image, upright and composited on white: [height, width, channels]. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/** An image of which only the header has been read. */
export interface ImageHeader {
  /** In pixels, after rotation. */
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for colour. */
  readonly channels: 1 | 3;
  /** Type of its numbers in the file. */
  readonly type: NumberType;
  /** Number of pictures in the file, of which the first is decoded. */
  readonly frames: number;
  /** Approximate number of bytes that decoding needs. */
  readonly memory: number;
  /** The picture, or the reason why it cannot be decoded. */
  decode(how: Decoding): Promise<Picture | string>;
}

/** Maximum number of pixels, even if decoded row by row: more than any camera has. A file of a few kilobytes can claim to be larger than the memory. */
const maxPixels = 2 ** 27;
/** Maximum number of bytes of a picture that must be held in memory as a whole. */
const maxHeld = 2 ** 29;
/** Bytes that decoding row by row needs. */
const rowsHeld = 2 ** 24;

/** Reads the header of an image file. @returns The reason if it cannot be decoded. @param file Its name. */
export async function openImage(bytes: Uint8Array, file: string): Promise<ImageHeader | string> {
  const open = await loadSharp();
  if (bytes.length === 0) return "empty file";
  const kind = kindOf(bytes, file);
  const other = undecodable(kind, file);
  if (other !== null) return other;
  const tiff = kind?.name === "TIFF" ? await readTiffHeader(bytes) : null;
  if (tiff?.fault) return tiff.fault;
  if (tiff?.asNumbers) return numberHeader(open, tiff);
  // The failing step is reported rather than the text of sharp's error, which may belong to another image decoded concurrently.
  const start = (failOn: FailOn): Sharp => open(bytes, { failOn, limitInputPixels: false });
  const header = await start("error")
    .metadata()
    .catch(() => null);
  if (header === null) return kind === null ? "not an image" : unreadable(kind.name);
  if (kind?.name === "JPEG" && header.isProgressive === true && lacksScans(bytes))
    return "truncated: scans are missing";
  return sharpHeader(start, header, { size: bytes.length, kind: kind?.name ?? header.format, tiff });
}

/** The level of problems at which sharp fails. With "truncated", undecodable strips of a TIFF would become black. */
type FailOn = "error" | "warning";

/** Formats whose decoders only warn about invalid data. Others have checksums, or warn about unknown fields. */
const warning = ["JPEG", "GIF"];

const corrupt = "the decoder reports damage: save it again if it looks right";

function unreadable(kind: string): string {
  return kind === "TIFF" || kind === "AVIF"
    ? `damaged or truncated, or an unsupported kind of ${kind}: convert it to PNG`
    : "damaged or truncated";
}

function sharpHeader(
  start: (failOn: FailOn) => Sharp,
  header: Metadata,
  { size, kind, tiff }: { readonly size: number; readonly kind: string; readonly tiff: TiffHeader | null },
): ImageHeader | string {
  const channels = header.space === "b-w" || header.space === "grey16" ? 1 : 3;
  const deep = header.depth === "ushort";
  const bytes = (header.channels ?? 4) * (deep ? 2 : 1);
  // A rotated JPEG is scaled while it is decoded; other formats hold the picture twice.
  const held = Math.max(4, bytes) * (kind === "JPEG" && header.isProgressive !== true ? 1 : 2);
  const tooLarge = limitsOf(header, inRows(header) ? 0 : held);
  if (tooLarge !== null) return tooLarge;
  const { width, height } = header.autoOrient;
  return {
    width,
    height,
    channels,
    type: tiff?.type ?? typeOf(header),
    frames: tiff?.frames ?? header.pages ?? 1,
    memory: size + (inRows(header) ? rowsHeld : width * height * bytes),
    decode: async (how) => {
      const attempt = (failOn: FailOn): Promise<Picture | string> => {
        const image = start(failOn);
        // With 16 bits, sharp's white is 65,280, which is 254 of 255, so compositing is done in 8 bits.
        if (deep && header.hasAlpha) image.pipelineColourspace(channels === 1 ? "b-w" : "srgb");
        return finish(image.autoOrient(), height, channels, how, unreadable(kind));
      };
      if (!warning.includes(kind)) return attempt("error");
      const picture = await attempt("warning");
      if (typeof picture !== "string") return picture;
      return typeof (await attempt("error")) === "string" ? picture : corrupt;
    },
  };
}

function typeOf({ depth, bitsPerSample, isPalette }: Metadata): NumberType {
  if (depth === "ushort") return "uint16";
  return bitsPerSample === 1 && isPalette !== true ? "bool" : "uint8";
}

/** Whether a picture can be decoded row by row. */
function inRows({ format, isProgressive, orientation = 1 }: Metadata): boolean {
  return (format === "jpeg" || format === "png" || format === "tiff") && isProgressive !== true && orientation < 5;
}

/** The reason why a picture is too large to be decoded. @param held Bytes per pixel if it must be held as a whole. */
function limitsOf({ width, height }: { readonly width: number; readonly height: number }, held: number): string | null {
  if (!(Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0))
    return "damaged or truncated";
  const pixels = width * height;
  const most = held === 0 ? maxPixels : Math.min(maxPixels, Math.floor(maxHeld / held));
  if (pixels <= most) return null;
  return `${width} x ${height} pixels, more than the limit of ${Math.floor(most / 1e6)} million: scale it down`;
}

/** Header of a TIFF whose numbers have neither 8 nor 16 bits. */
function numberHeader(open: OpenSharp, tiff: TiffHeader): ImageHeader | string {
  const { type, samples, bytesPerSample, orientation, frames } = tiff;
  if (type === null) return "TIFF numbers of a type that cannot be read: save it as uint8, uint16 or float32";
  const held = samples * (bytesPerSample + 4);
  const tooLarge = limitsOf(tiff, held);
  if (tooLarge !== null) return tooLarge;
  const turned = orientation >= 5;
  const [width, height] = turned ? [tiff.height, tiff.width] : [tiff.width, tiff.height];
  return {
    width,
    height,
    channels: samples < 3 ? 1 : 3,
    type,
    frames,
    memory: width * height * held,
    decode: async (how) => {
      const read = await tiff.numbers().catch(() => null);
      if (read === null) return unreadable("TIFF");
      if (read instanceof ValueFault) return `${read.reason}: ${read.hint}`;
      const { channels, values } = read;
      const pixels = upright(values, [tiff.width, tiff.height, channels], orientation);
      const asIs = how.size === undefined && how.half === undefined && (how.channels ?? channels) === channels;
      if (asIs) return { width, height, channels, pixels };
      const image = open(pixels, { raw: { width, height, channels } });
      return finish(image, height, channels, how, "damaged or truncated");
    },
  };
}

/** Converts values in [0, 1] to bytes, rotated according to the EXIF orientation. */
function upright(
  values: Float32Array,
  [width, height, channels]: readonly [number, number, number],
  orientation: number,
): Uint8Array {
  const turned = orientation >= 5;
  const [w, h] = turned ? [height, width] : [width, height];
  const flipX = [2, 3, 7, 8].includes(orientation);
  const flipY = [3, 4, 6, 7].includes(orientation);
  const out = new Uint8Array(values.length);
  for (let y = 0, to = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [column, row] = turned ? [y, x] : [x, y];
      const from = ((flipY ? height - 1 - row : row) * width + (flipX ? width - 1 - column : column)) * channels;
      for (let c = 0; c < channels; c++) out[to++] = Math.round(255 * values[from + c]!);
    }
  }
  return out;
}

/** Applies the remaining steps to an upright image of the given height. */
async function finish(
  image: Sharp,
  height: number,
  own: 1 | 3,
  { size, half, channels = own }: Decoding,
  damaged: string,
): Promise<Picture | string> {
  if (half !== undefined) {
    // Cropped before scaling, so that the halves do not blend at the seam.
    image.extract({ left: half === "left" ? 0 : height, top: 0, width: height, height });
  }
  image.flatten({ background: "#fff" });
  if (size !== undefined) {
    image.resize(size, size, { fit: "cover", position: "centre", kernel: "lanczos3", fastShrinkOnLoad: false });
  }
  const raw = image.toColourspace(channels === 1 ? "b-w" : "srgb").raw({ depth: "uchar" });
  const decoded = await raw.toBuffer({ resolveWithObject: true }).catch(() => null);
  if (decoded === null) return damaged;
  const { data, info } = decoded;
  return { width: info.width, height: info.height, channels, pixels: data };
}
