// Doubles are whole multiples of powers of two: as whole numbers of one unit their sums and products are exact.

const bytes = new DataView(new ArrayBuffer(8));

/** The largest power of two whose whole multiple a finite double is, as its exponent; Infinity for 0. */
export function unitExponent(value: number): number {
  if (value === 0) return Infinity;
  const [mantissa, exponent] = parts(value);
  return exponent + trailingZeros(mantissa);
}

/** A finite double over 2^exponent. The exponent is at most `unitExponent` of it. */
export function wholeOf(value: number, exponent: number): bigint {
  if (value === 0) return 0n;
  const [mantissa, own] = parts(value);
  const whole = own >= exponent ? mantissa << BigInt(own - exponent) : mantissa >> BigInt(exponent - own);
  return value < 0 ? -whole : whole;
}

/** The double nearest to the quotient, within a unit of its last place. The divisor is above 0. */
export function quotient(dividend: bigint, divisor: bigint): number {
  if (dividend === 0n) return 0;
  const size = dividend < 0n ? -dividend : dividend;
  // So many places that the whole quotient has 64 bits at least.
  const shift = bitLength(divisor) - bitLength(size) + 65;
  const whole = shift >= 0 ? (size << BigInt(shift)) / divisor : size / (divisor << BigInt(-shift));
  const value = scaled(Number(whole), -shift);
  return dividend < 0n ? -value : value;
}

/** value 2^exponent, in two steps, because one factor may be out of range although the product is not. */
function scaled(value: number, exponent: number): number {
  const first = Math.max(-1000, Math.min(1000, exponent));
  const rest = exponent - first;
  return value * 2 ** first * 2 ** Math.max(-1074, Math.min(1023, rest));
}

function bitLength(positive: bigint): number {
  return positive.toString(16).length * 4;
}

/** The mantissa of a double's magnitude, a whole number, and the exponent of its unit. */
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
