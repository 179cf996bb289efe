// IEEE 754 half precision: 1 sign bit, 5 exponent bits, 10 fraction bits.

let decoded: Float32Array | null = null;

/** Converts half-precision numbers, given as bits, to float32. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  decoded ??= decodeAll();
  const out = new Float32Array(bits.length);
  for (let i = 0; i < out.length; i++) out[i] = decoded[bits[i]!]!;
  return out;
}

function decodeAll(): Float32Array {
  const table = new Float32Array(2 ** 16);
  for (let bits = 0; bits < table.length; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return table;
}

/** Rounds to half precision, ties to even, as bits; values beyond 65504 overflow to infinity. */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = encodeOne(values[i]!);
  return out;
}

function encodeOne(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // Below 2^-14 (subnormals) the spacing stays 2^-24. A fraction that rounds up to 1024 carries into the exponent.
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = size * 2 ** (10 - exponent);
  const down = Math.floor(steps);
  const rest = steps - down;
  const nearest = rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
  return sign | (nearest < 1024 ? nearest : ((exponent + 15) << 10) + (nearest - 1024));
}
