// Doubles are integer multiples of powers of two. As integers in a common unit, their sums and products are exact.

const bytes = new DataView(new ArrayBuffer(8));

/** The exponent of the largest power of two of which a finite double is an integer multiple; Infinity for 0. */
export function unitExponent(value: number): number {
  if (value === 0) return Infinity;
  const [mantissa, exponent] = parts(value);
  return exponent + trailingZeros(mantissa);
}

/** A finite double divided by 2^exponent, which must not exceed its `unitExponent`. */
export function wholeOf(value: number, exponent: number): bigint {
  if (value === 0) return 0n;
  const [mantissa, own] = parts(value);
  const whole = own >= exponent ? mantissa << BigInt(own - exponent) : mantissa >> BigInt(exponent - own);
  return value < 0 ? -whole : whole;
}

/** The quotient as a double, within one unit in the last place. The divisor must be positive. */
export function quotient(dividend: bigint, divisor: bigint): number {
  if (dividend === 0n) return 0;
  const size = dividend < 0n ? -dividend : dividend;
  // Shifted so far that the integer quotient has at least 62 bits: bit lengths are rounded up to multiples of 4.
  const shift = bitLength(divisor) - bitLength(size) + 65;
  const whole = shift >= 0 ? (size << BigInt(shift)) / divisor : size / (divisor << BigInt(-shift));
  const value = scaled(Number(whole), -shift);
  return dividend < 0n ? -value : value;
}

/** value * 2^exponent in two steps, because the factor may be out of range even if the product is not. */
function scaled(value: number, exponent: number): number {
  const first = Math.max(-1000, Math.min(1000, exponent));
  const rest = exponent - first;
  return value * 2 ** first * 2 ** Math.max(-1074, Math.min(1023, rest));
}

function bitLength(positive: bigint): number {
  return positive.toString(16).length * 4;
}

/** The integer mantissa of a double's magnitude, and the exponent of its unit. */
function parts(value: number): [mantissa: bigint, exponent: number] {
  bytes.setFloat64(0, value);
  const bits = bytes.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return exponent === 0 ? [fraction, -1074] : [fraction | 0x10000000000000n, exponent - 1075];
}

function trailingZeros(mantissa: bigint): number {
  const low = Number(mantissa & 0xffffffffn);
  if (low !== 0) return 31 - Math.clz32(low & -low);
  const high = Number(mantissa >> 32n);
  return 63 - Math.clz32(high & -high);
}
