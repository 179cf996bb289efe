import { concatBytes } from "../base/bytes.ts";
import { DataError, ShapeError } from "../base/errors.ts";
import { type NdArray, formatShape } from "../base/ndarray.ts";

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const largestExtent = 2 ** 31 - 1;

/**
 * Encodes an image `[h, w, 1]` (grey) or `[h, w, 3]` (RGB) as PNG with 8 bits per channel. Equal images give equal bytes
 * with the same version of the runtime, whose compressor is used.
 * @param text Text chunks by keyword (1 to 79 Latin-1 characters), in the order given.
 * @throws ShapeError for another shape. @throws DataError for a keyword or text that PNG cannot hold.
 * @source PNG specification, third edition (W3C 2025), sections 5, 9 and 11.
 */
export async function encodePng(
  image: NdArray<"uint8">,
  text: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const [height, width, channels] = image.shape as [number, number, number];
  const drawable = [height, width].every((extent) => extent >= 1 && extent <= largestExtent);
  if (image.shape.length !== 3 || !drawable || (channels !== 1 && channels !== 3)) {
    throw new ShapeError(
      `encodePng: an image must be [h, w, 1] or [h, w, 3], not empty - got ${formatShape(image.shape)}`,
    );
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // Bits per channel, colour type; then the compression, filter and interlace methods, all 0.
  header.set([8, channels === 1 ? 0 : 2], 8);
  return concatBytes([
    signature,
    chunk("IHDR", header),
    ...Object.entries(text).map(([keyword, words]) => textChunk(keyword, words)),
    chunk("IDAT", await deflate(scanlines(image, height, width * channels))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** Each row, preceded by its filter type 0 (none). */
function scanlines(image: NdArray<"uint8">, height: number, stride: number): Uint8Array<ArrayBuffer> {
  const lines = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    lines.set(image.data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  }
  return lines;
}

/** tEXt for Latin-1, iTXt for other text. */
function textChunk(keyword: string, words: string): Uint8Array {
  if (!/^[!-~\u00a1-\u00ff]( ?[!-~\u00a1-\u00ff])*$/.test(keyword) || keyword.length > 79) {
    throw new DataError(`encodePng: a keyword must be 1 to 79 Latin-1 characters - got ${JSON.stringify(keyword)}`);
  }
  if (words.includes("\0")) throw new DataError(`encodePng: the text of ${keyword} must not contain a zero byte`);
  const latin = Array.from(words).every((letter) => letter.codePointAt(0)! <= 0xff);
  const head = latin1(`${keyword}\0`);
  if (latin) return chunk("tEXt", concatBytes([head, latin1(words)]));
  // Not compressed, no language, no translated keyword.
  return chunk("iTXt", concatBytes([head, new Uint8Array(4), new TextEncoder().encode(words)]));
}

function latin1(words: string): Uint8Array {
  return Uint8Array.from(words, (letter) => letter.charCodeAt(0));
}

/** Length, type, content, and a checksum of type and content. */
function chunk(type: string, content: Uint8Array): Uint8Array {
  const framed = new Uint8Array(content.length + 12);
  const view = new DataView(framed.buffer);
  view.setUint32(0, content.length);
  framed.set(latin1(type), 4);
  framed.set(content, 8);
  view.setUint32(content.length + 8, crc32(framed.subarray(4, content.length + 8)));
  return framed;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) rest = crcTable[(rest ^ bytes[i]!) & 255]! ^ (rest >>> 8);
  return (rest ^ 0xffffffff) >>> 0;
}

/** Compresses to a zlib stream, which both this API and PNG call "deflate". */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new CompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const reader = stream.readable.getReader();
  const pieces: Uint8Array[] = [];
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.push(piece.value);
  await written;
  return concatBytes(pieces);
}
