const [startOfScan, endOfImage] = [0xda, 0xd9];
/** Markers of progressive frames, whose scans refine each other. */
const progressive = [0xc2, 0xc6, 0xca, 0xce];
/** Coefficients per block. */
const coefficients = 64;

/**
 * Whether a progressive JPEG file lacks scans: every coefficient of every component must be present, down to its last bit.
 * Otherwise the decoder returns a blurred picture without a warning. False for files of other kinds.
 */
export function lacksScans(bytes: Uint8Array): boolean {
  /** For each component, the missing bits of each coefficient; Infinity before the first scan. */
  let left: Map<number, Float64Array> | null = null;
  for (const { marker, from, to } of segments(bytes)) {
    if (progressive.includes(marker)) {
      const ids = Array.from({ length: bytes[from + 5] ?? 0 }, (_, i) => bytes[from + 6 + 3 * i]!);
      left = new Map(ids.map((id) => [id, new Float64Array(coefficients).fill(Infinity)]));
    } else if (marker === startOfScan && left !== null) {
      const count = bytes[from]!;
      const [first, last, bits] = [to - 3, to - 2, to - 1].map((at) => bytes[at]!) as [number, number, number];
      for (let i = 0; i < count; i++) left.get(bytes[from + 1 + 2 * i]!)?.fill(bits & 15, first, last + 1);
    }
  }
  return left !== null && [...left.values()].some((each) => each.some((bits) => bits > 0));
}

interface Segment {
  readonly marker: number;
  /** Start and end of its content. */
  readonly from: number;
  readonly to: number;
}

/** The marker segments of a JPEG file, skipping the entropy-coded data between them. */
function* segments(bytes: Uint8Array): Generator<Segment> {
  for (let at = 2; at + 3 < bytes.length;) {
    const marker = bytes[at + 1]!;
    // Entropy-coded data, which include restart markers, or a fill byte.
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7)) {
      at++;
      continue;
    }
    if (marker === endOfImage) return;
    const to = at + 2 + bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (to > bytes.length) return;
    yield { marker, from: at + 4, to };
    at = to;
  }
}
