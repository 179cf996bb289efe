import type { GeoTIFF, GeoTIFFImage } from "geotiff";

import { type NumberType, ValueFault, toUnitRange } from "../data/value-scale.ts";

/** The first picture of a TIFF file, as described by its header. */
export interface TiffHeader {
  readonly width: number;
  readonly height: number;
  /** Number of pictures in the file. */
  readonly frames: number;
  /** EXIF orientation: 1 is upright. */
  readonly orientation: number;
  /** Null for an unsupported type of numbers. */
  readonly type: NumberType | null;
  readonly samples: number;
  readonly bytesPerSample: number;
  /** Whether its numbers must be decoded here, because sharp would not return them correctly. */
  readonly asNumbers: boolean;
  /** Why it is not a valid picture; null if it is. */
  readonly fault: string | null;
  /** In storage order, [height, width, channels]. @throws Error when it is damaged. */
  numbers(): Promise<TiffNumbers | ValueFault>;
}

interface TiffNumbers {
  readonly channels: 1 | 3;
  /** In [0, 1]; composited on white. */
  readonly values: Float32Array;
}

const tags = {
  subfile: 254,
  bits: 258,
  compression: 259,
  colours: 262,
  strips: 273,
  orientation: 274,
  tiles: 324,
  extra: 338,
  format: 339,
  dngVersion: 50706,
} as const;

/** Photometric interpretations; from `filter` on, raw sensor data. */
const photometric = { whiteIsZero: 0, blackIsZero: 1, rgb: 2, palette: 3, cmyk: 5, ycbcr: 6, filter: 32803 } as const;
const jpeg = 7;
/** None, CCITT, LZW, JPEG, Deflate, PackBits, WebP. For others, sharp silently returns a black picture. */
const sharpCompressions = [1, 2, 3, 4, 5, jpeg, 8, 32773, 32946, 50001];
/** Compressions that are only supported for numbers: LERC, Zstandard. */
const otherCompressions = [34887, 50000];
/** Names for the user. */
const compressionNames: Readonly<Record<number, string>> = {
  6: "old-style JPEG",
  33003: "JPEG 2000",
  33005: "JPEG 2000",
  34712: "JPEG 2000",
  34887: "LERC",
  34892: "lossy JPEG",
  34925: "LZMA",
  34933: "PNG",
  34934: "JPEG XR",
  22610: "JPEG XR",
  50000: "Zstandard",
  50002: "JPEG XL",
  52546: "JPEG XL",
};
const alpha = { associated: 1, unassociated: 2 } as const;
/** Maximum number of pictures that are counted, since their chain can be a cycle. */
const maxFrames = 1000;

/**
 * Reads what sharp cannot report about a TIFF file, or gets wrong: numbers with neither 8 nor 16 bits, and samples that are not
 * colours. Null if the header cannot be read.
 */
export async function readTiffHeader(bytes: Uint8Array): Promise<TiffHeader | null> {
  const { fromArrayBuffer } = await import("geotiff");
  try {
    const whole = bytes.byteLength === bytes.buffer.byteLength;
    // A copy, because `slice` of Node's Buffer would be a view.
    const file = await fromArrayBuffer((whole ? bytes : new Uint8Array(bytes)).buffer as ArrayBuffer);
    const image = await file.getImage(0);
    const number = async (tag: number, missing: number) =>
      Number((await image.fileDirectory.loadValue(tag)) ?? missing);
    const list = async (tag: number) => Array.from(((await image.fileDirectory.loadValue(tag)) ?? []) as number[]);
    const [colours, subfile] = [await number(tags.colours, photometric.blackIsZero), await number(tags.subfile, 0)];
    const [bits, formats, extra] = [await list(tags.bits), await list(tags.format), await list(tags.extra)];
    const samples = image.getSamplesPerPixel();
    const type = typeOf(bits, formats);
    const layout = layoutOf(colours, samples, extra);
    const compression = await number(tags.compression, 1);
    const asNumbers = otherCompressions.includes(compression);
    const isRaw = (subfile & 1) === 1 || colours >= photometric.filter || image.fileDirectory.hasTag(tags.dngVersion);
    return {
      width: image.getWidth(),
      height: image.getHeight(),
      frames: await countFrames(file),
      orientation: await number(tags.orientation, 1),
      type,
      samples,
      bytesPerSample: Math.ceil((bits[0] ?? 1) / 8),
      asNumbers: asNumbers || !(type === "bool" || type === "uint8" || type === "uint16"),
      fault: isRaw
        ? "a camera raw file cannot be decoded here: convert it to JPEG or TIFF"
        : (compressionFault(compression, bits[0] ?? 1, colours) ?? layout.fault ?? (await stripsFault(image))),
      numbers: () => readNumbers(image, type!, layout),
    };
  } catch {
    return null;
  }
}

/** Checks the number of strips, since reading would visit all that the declared size implies, regardless of the file's length. */
async function stripsFault(image: GeoTIFFImage): Promise<string | null> {
  const { fileDirectory } = image;
  const value: unknown = await fileDirectory.loadValue(image.isTiled ? tags.tiles : tags.strips);
  const found = typeof value === "object" && value !== null ? (value as ArrayLike<unknown>).length : 1;
  const planes = image.planarConfiguration === 2 ? image.getSamplesPerPixel() : 1;
  const across = Math.ceil(image.getWidth() / image.getTileWidth());
  const down = Math.ceil(image.getHeight() / image.getTileHeight());
  return found < across * down * planes ? "truncated: strips are missing" : null;
}

function compressionFault(compression: number, bits: number, colours: number): string | null {
  const readable = sharpCompressions.includes(compression) || (otherCompressions.includes(compression) && bits >= 8);
  if (!readable) {
    const name = compressionNames[compression] ?? `number ${compression}`;
    return `TIFF with compression ${name} cannot be decoded here: save it with LZW or Deflate compression`;
  }
  // Sharp would interpret its numbers as red, green and blue.
  if (colours === photometric.ycbcr && compression !== jpeg) {
    return "TIFF in YCbCr without JPEG compression cannot be decoded here: save it as RGB";
  }
  return null;
}

function typeOf(bits: readonly number[], formats: readonly number[]): NumberType | null {
  const [width = 1, format = 1] = [bits[0], formats[0]];
  if (bits.some((other) => other !== width) || formats.some((other) => other !== format)) return null;
  const types: Readonly<Record<number, Readonly<Record<number, NumberType>>>> = {
    1: {
      1: "bool",
      2: "uint8",
      4: "uint8",
      8: "uint8",
      10: "uint10",
      12: "uint12",
      14: "uint14",
      16: "uint16",
      32: "uint32",
    },
    2: { 8: "int8", 16: "int16", 32: "int32" },
    3: { 16: "float16", 32: "float32", 64: "float64" },
  };
  return types[format]?.[width] ?? null;
}

/** The meaning of the samples of a pixel. */
interface Layout {
  readonly colours: number;
  readonly channels: 1 | 3;
  readonly alpha: "associated" | "unassociated" | null;
  readonly fault: string | null;
}

function layoutOf(colours: number, samples: number, extra: readonly number[]): Layout {
  const own = colours === photometric.cmyk ? 4 : [0, 1, 3].includes(colours) ? 1 : 3;
  const channels = own === 1 && colours !== photometric.palette ? 1 : 3;
  const transparent =
    extra[0] === alpha.associated ? "associated" : extra[0] === alpha.unassociated ? "unassociated" : null;
  const known = own + (transparent === null ? 0 : 1);
  const fault =
    samples === known
      ? null
      : `${samples} channels, of which ${samples - known} ${samples - known === 1 ? "is" : "are"} neither colour nor transparency: save it as grey or RGB`;
  return { colours, channels, alpha: transparent, fault };
}

async function readNumbers(
  image: GeoTIFFImage,
  type: NumberType,
  { colours, channels, alpha: transparent }: Layout,
): Promise<TiffNumbers | ValueFault> {
  if (![photometric.whiteIsZero, photometric.blackIsZero, photometric.rgb].includes(colours as 0)) {
    return new ValueFault(0, `${type} numbers that are neither grey nor RGB`, "save it as grey or RGB");
  }
  const read = (await image.readRasters({ interleave: true })) as unknown as ArrayLike<number>;
  const values = toUnitRange(read, type);
  if (values instanceof ValueFault) return values;
  const step = transparent === null ? 1 : 2;
  if (colours === photometric.whiteIsZero) for (let i = 0; i < values.length; i += step) values[i] = 1 - values[i]!;
  return { channels, values: transparent === null ? values : onWhite(values, channels, transparent) };
}

function onWhite(values: Float32Array, channels: 1 | 3, transparent: "associated" | "unassociated"): Float32Array {
  const count = values.length / (channels + 1);
  const out = new Float32Array(count * channels);
  for (let i = 0; i < count; i++) {
    const share = values[i * (channels + 1) + channels]!;
    for (let c = 0; c < channels; c++) {
      const value = values[i * (channels + 1) + c]!;
      const lit = (transparent === "associated" ? value : share * value) + 1 - share;
      out[i * channels + c] = Math.min(1, lit);
    }
  }
  return out;
}

async function countFrames(file: GeoTIFF): Promise<number> {
  for (let frame = 1; frame < maxFrames; frame++) {
    if ((await file.requestIFD(frame).catch(() => null)) === null) return frame;
  }
  return maxFrames;
}
