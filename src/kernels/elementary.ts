/**
 * Elementary functions in float32, four at once, within 2 units in the last place of the exact value everywhere. They only
 * use operations that IEEE 754 rounds correctly, so that they give the same bits on every machine.
 *
 * Arguments are reduced by the method of Cody and Waite; the polynomials are our own minimax fits, computed by test/kernels/elementary.py.
 * @source Cody, Waite, Software Manual for the Elementary Functions, 1980, chapters 5 to 8.
 */
import type { Node, Nodes } from "./scalars.ts";

/** ln 2 as a sum of two parts: the first has so few bits that its products with small integers are exact. */
const [ln2High, ln2Low] = [0.693359375, -2.1219444e-4];
const signBit = -0x80000000;
const mantissa = 0x7fffff;
const bias = 127;
/** Adding 1.5 * 2^23 to a number below 2^22 rounds it to an integer, which the low bits of the sum hold. */
const [rounder, rounderBits] = [12582912, 0x4b400000];
/** Bits of the square root of 1/2. */
const rootHalf = 0x3f3504f3;

// Coefficients, highest power first.
const expSeries = [0.000197903501, 0.0013944651, 0.00833349675, 0.0416662954, 0.166666657, 0.5];
const expm1Series = [0.000198458773, 0.00139406184, 0.00833338965, 0.0416663624, 0.166666657, 0.5];
const logSeries = [
  0.067466408, -0.116756521, 0.11888162, -0.124055885, 0.142195523, -0.166679963, 0.200021192, -0.250000089,
  0.333333135,
];
const tanhSeries = [-0.00570498733, 0.020639088, -0.0537397154, 0.133314416, -0.333332807];
const erfNear = [8.67541094e-5, -0.000821110851, 0.00520674791, -0.0268615857, 0.11283733, -0.376126349, 0.128379166];
const erfFar = [
  1.02589831e-6, 7.33853994e-6, -0.000355461321, 0.00391721586, -0.024620099, 0.107664116, 0.633812547, 1.12931752,
  -0.000138697695,
];

/** e^x = 2^n * e^r with |r| <= ln(2) / 2. */
export function exp(k: Nodes, x: Node): Node {
  return expBelow(k, atMost(k, x, 89));
}

/** e^x for x of at most 89; beyond, the exponent overflows. */
function expBelow(k: Nodes, x: Node): Node {
  // Below this limit the result is 0.
  const { r, shifted } = reduced(k, atLeast(k, x, -104));
  // In two steps, so that the scale is a normal number even if the result is subnormal.
  const whole = k.apply("i32x4.sub", "int32", shifted, k.bits(rounderBits));
  const half = k.shift("i32x4.shr_s", "int32", whole, 1);
  return k.mul(k.mul(expNear(k, r), powerOf2(k, half)), powerOf2(k, k.apply("i32x4.sub", "int32", whole, half)));
}

/** e^r for |r| <= ln(2) / 2. */
function expNear(k: Nodes, r: Node): Node {
  return k.add(k.add(k.mul(k.mul(r, r), polynomial(k, expSeries, r)), r), k.number(1));
}

export function expm1(k: Nodes, x: Node): Node {
  const { r, shifted } = reduced(k, atMost(k, atLeast(k, x, -40), 40));
  const scale = normalScale(k, shifted);
  const less = k.add(k.mul(k.mul(r, r), polynomial(k, expm1Series, r)), r);
  const near = k.add(k.mul(scale, less), k.sub(scale, k.number(1)));
  return k.select(k.greater(x, k.number(40)), exp(k, x), withZero(k, x, near));
}

/** log x = e * ln 2 + log m with m from sqrt(1/2) to sqrt(2). */
export function log(k: Nodes, x: Node): Node {
  const tiny = k.greater(k.number(2 ** -126), x);
  const { m, e } = split(k, k.select(tiny, k.mul(x, k.number(2 ** 23)), x));
  const exponent = k.sub(e, k.select(tiny, k.number(23), k.number(0)));
  return atLimits(k, x, logOf(k, k.sub(m, k.number(1)), exponent));
}

export function log1p(k: Nodes, x: Node): Node {
  const u = k.add(x, k.number(1));
  const { m, e, whole } = split(k, u);
  // The rounding error of the sum 1 + x, on the scale of m.
  const lost = k.sub(x, k.sub(u, k.number(1)));
  // For u beyond 2^127 the correction is negligible.
  const scale = powerOf2(k, k.apply("i32x4.neg", "int32", k.apply("i32x4.min_s", "int32", whole, k.whole(127))));
  const result = logOf(k, k.add(k.sub(m, k.number(1)), k.mul(lost, scale)), e);
  return withZero(k, x, atLimits(k, u, result));
}

export function tanh(k: Nodes, x: Node): Node {
  const size = k.abs(x);
  // From 10 on, the result is 1.
  const { r, shifted } = reduced(k, atMost(k, k.add(size, size), 20));
  const square = k.mul(x, x);
  const near = k.add(k.mul(k.mul(polynomial(k, tanhSeries, square), square), size), size);
  const grown = k.mul(expNear(k, r), normalScale(k, shifted));
  const far = k.sub(k.number(1), k.div(k.number(2), k.add(grown, k.number(1))));
  return withSign(k, k.select(k.greater(k.number(0.625), size), near, far), x);
}

/** Computed from e^-|x|, which cannot overflow. */
export function sigmoid(k: Nodes, x: Node): Node {
  const decayed = expBelow(k, negative(k, x));
  const above = k.greaterEqual(x, k.number(0));
  const share = k.div(k.select(above, k.number(1), decayed), k.add(decayed, k.number(1)));
  // For small e^x, e^x (1 - sigmoid) is more precise than e^x / (1 + e^x), whose denominator is rounded.
  const small = k.apply("v128.andnot", "bool", k.greater(k.number(0.25), decayed), above);
  return k.select(small, k.sub(decayed, k.mul(decayed, share)), share);
}

export function softplus(k: Nodes, x: Node): Node {
  return k.add(atLeast(k, x, 0), log1pOfShare(k, expBelow(k, negative(k, x))));
}

/** log(1 + x) for x from 0 to 1. */
function log1pOfShare(k: Nodes, x: Node): Node {
  const u = k.add(x, k.number(1));
  const { m, e, whole } = split(k, u);
  const lost = k.sub(x, k.sub(u, k.number(1)));
  const scale = powerOf2(k, k.apply("i32x4.neg", "int32", whole));
  return logOf(k, k.add(k.sub(m, k.number(1)), k.mul(lost, scale)), e);
}

/** x plus a polynomial multiple of x near 0; 1 - e^-p(|x|) beyond. */
export function erf(k: Nodes, x: Node): Node {
  const square = k.mul(x, x);
  const near = k.add(x, k.mul(x, polynomial(k, erfNear, square)));
  const size = atMost(k, k.abs(x), 4);
  const far = k.sub(k.number(1), exp(k, k.neg(polynomial(k, erfFar, size))));
  return k.select(k.greater(k.number(0.875), k.abs(x)), near, withSign(k, far, x));
}

/** |a|^b = e^(b log |a|) in float64; then the signs and limits of IEEE 754's pow. */
export function pow(k: Nodes, a: Node, b: Node): Node {
  const [zero, one] = [k.number(0), k.number(1)];
  const size = k.abs(a);
  const halves = [0, 8].map((start) => {
    const lower = (x: Node) =>
      k.apply("f64x2.promote_low_f32x4", "float64", start === 0 ? x : highHalf(k, "float32", x));
    return k.apply("f32x4.demote_f64x2_zero", "float32", powDouble(k, lower(size), lower(b)));
  });
  const joined = k.shuffle("float32", halves[0]!, halves[1]!, [0, 1, 4, 5]);
  const magnitude = k.select(either(k, k.equal(size, one), k.equal(b, zero)), one, joined);
  const isWhole = k.equal(k.apply("f32x4.trunc", "float32", b), b);
  const half = k.mul(b, k.number(0.5));
  const isEven = k.equal(k.apply("f32x4.trunc", "float32", half), half);
  const below = k.apply("i32x4.lt_s", "bool", a, k.whole(0));
  const odd = k.apply("v128.andnot", "bool", isWhole, isEven);
  const signed = k.select(k.apply("v128.and", "bool", below, odd), k.neg(magnitude), magnitude);
  // A negative number to a fractional power is NaN. NaN arguments have been propagated, except for 1^NaN and NaN^0, which are 1.
  const imaginary = k.apply(
    "v128.andnot",
    "bool",
    k.apply("v128.and", "bool", k.greater(zero, a), finite(k, a)),
    isWhole,
  );
  return k.select(imaginary, k.number(NaN), signed);
}

/** x = n * ln 2 + r. The low bits of `shifted` are n. */
function reduced(k: Nodes, x: Node): { r: Node; shifted: Node } {
  const shifted = k.add(k.mul(x, k.number(Math.LOG2E)), k.number(rounder));
  const n = k.sub(shifted, k.number(rounder));
  return { r: k.sub(k.sub(x, k.mul(n, k.number(ln2High))), k.mul(n, k.number(ln2Low))), shifted };
}

/** 2^n of `reduced`, if that is a normal number. */
function normalScale(k: Nodes, shifted: Node): Node {
  // The shift discards all bits of the rounder.
  return k.apply("i32x4.add", "float32", k.shift("i32x4.shl", "int32", shifted, 23), k.bits(bias << 23));
}

/** The smaller number, or NaN for NaN. A single processor instruction, whereas WebAssembly's minimum takes several. */
function atMost(k: Nodes, x: Node, most: number): Node {
  return k.apply("f32x4.pmin", "float32", x, k.number(most));
}

function atLeast(k: Nodes, x: Node, least: number): Node {
  return k.apply("f32x4.pmax", "float32", x, k.number(least));
}

/** -|x| */
function negative(k: Nodes, x: Node): Node {
  return k.apply("v128.or", "float32", x, k.bits(signBit));
}

function polynomial(k: Nodes, coefficients: readonly number[], x: Node): Node {
  return coefficients.map((value) => k.number(value)).reduce((total, value) => k.add(k.mul(total, x), value));
}

/** 2^n for whole n from -126 to 127, and 0 for -127. */
function powerOf2(k: Nodes, n: Node): Node {
  return k.shift("i32x4.shl", "float32", k.apply("i32x4.add", "int32", n, k.whole(bias)), 23);
}

/** A positive normal number as m * 2^e, m from sqrt(1/2) to sqrt(2). */
function split(k: Nodes, x: Node): { m: Node; e: Node; whole: Node } {
  const above = k.apply("i32x4.sub", "int32", x, k.bits(rootHalf));
  const whole = k.shift("i32x4.shr_s", "int32", above, 23);
  const rest = k.apply("v128.and", "int32", above, k.bits(mantissa));
  return { m: k.apply("i32x4.add", "float32", rest, k.bits(rootHalf)), e: k.cast(whole, "float32"), whole };
}

/** log(1 + f) + e * ln 2. */
function logOf(k: Nodes, f: Node, e: Node): Node {
  const square = k.mul(f, f);
  const cubic = k.mul(k.mul(f, square), polynomial(k, logSeries, f));
  const small = k.sub(k.add(cubic, k.mul(e, k.number(ln2Low))), k.mul(square, k.number(0.5)));
  return k.add(k.add(f, small), k.mul(e, k.number(ln2High)));
}

/** `result` for positive finite x; -Infinity for 0, Infinity for Infinity, otherwise NaN. */
function atLimits(k: Nodes, x: Node, result: Node): Node {
  const positive = k.greater(x, k.number(0));
  const outside = k.select(positive, x, k.select(k.equal(x, k.number(0)), k.number(-Infinity), k.number(NaN)));
  const inside = k.apply("v128.and", "bool", positive, finite(k, x));
  return k.select(inside, result, outside);
}

function finite(k: Nodes, x: Node): Node {
  return k.greater(k.number(Infinity), k.abs(x));
}

function either(k: Nodes, a: Node, b: Node): Node {
  return k.apply("v128.or", "bool", a, b);
}

/** x itself if it is zero, whose sign a sum would lose. */
function withZero(k: Nodes, x: Node, result: Node): Node {
  return k.select(k.equal(x, k.number(0)), x, result);
}

/** `size` with the sign of `sign`. */
function withSign(k: Nodes, size: Node, sign: Node): Node {
  return k.apply("v128.bitselect", "float32", sign, size, k.bits(signBit));
}

/** The last two of four numbers, in the place of the first two. */
export function highHalf(k: Nodes, type: "float32" | "int32", x: Node): Node {
  return k.shuffle(type, x, x, [2, 3, 2, 3]);
}

/** Adding this number to an integer leaves the integer in the low bits. */
const [magic, magicBits] = [6755399441055744, 0x4338000000000000n];
const rootHalfDouble = 0x3fe6a09e667f3bcdn;
/** Added to an exponent, which makes it positive. */
const exponentOffset = 1024;

/** Arithmetic in float64, on two numbers at once. */
export function doubles(k: Nodes): Doubles {
  const [add, sub, mul, div] = (["add", "sub", "mul", "div"] as const).map(
    (name) => (x: Node, y: Node) => k.apply(`f64x2.${name}`, "float64", x, y),
  ) as [Binary, Binary, Binary, Binary];
  const polynomial = (coefficients: readonly number[], x: Node) =>
    coefficients.map((value) => k.double(value)).reduce((total, value) => add(mul(total, x), value));
  return { add, sub, mul, div, polynomial };
}

/** Positive normal float64 numbers as m * 2^e, m from sqrt(1/2) to sqrt(2). */
export function splitDoubles(k: Nodes, x: Node): { m: Node; e: Node } {
  const offset = (BigInt(exponentOffset) << 52n) - rootHalfDouble;
  const above = k.apply("i64x2.add", "float64", x, k.long(offset));
  const rest = k.apply("v128.and", "float64", above, k.long((1n << 52n) - 1n));
  const m = k.apply("i64x2.add", "float64", rest, k.long(rootHalfDouble));
  const whole = k.shift("i64x2.shr_u", "float64", above, 52);
  const biased = k.apply("i64x2.add", "float64", whole, k.long(magicBits));
  return { m, e: k.apply("f64x2.sub", "float64", biased, k.double(magic + exponentOffset)) };
}

/** e^(b log a) for a >= 0, two at once, with a relative error of about 1e-13, which is negligible in float32. */
function powDouble(k: Nodes, a: Node, b: Node): Node {
  const { add, sub, mul, div, polynomial } = doubles(k);
  const { m, e } = splitDoubles(k, a);
  // log m = 2 atanh(s), whose series shrinks by a factor of 0.03 per term.
  const s = div(sub(m, k.double(1)), add(m, k.double(1)));
  const atanh = mul(
    mul(s, k.double(2)),
    polynomial(
      [17, 15, 13, 11, 9, 7, 5, 3, 1].map((odd) => 1 / odd),
      mul(s, s),
    ),
  );
  const inside = add(mul(e, k.double(Math.LN2)), atanh);
  const isZero = k.apply("f64x2.eq", "float64", a, k.double(0));
  const isFinite = k.apply("f64x2.lt", "float64", a, k.double(Infinity));
  const pick = (condition: Node, x: Node, y: Node) => k.apply("v128.bitselect", "float64", x, y, condition);
  // Infinity and NaN are their own logarithms.
  const logarithm = pick(isZero, k.double(-Infinity), pick(isFinite, inside, a));
  const t = k.apply(
    "f64x2.min",
    "float64",
    k.double(200),
    k.apply("f64x2.max", "float64", k.double(-200), mul(b, logarithm)),
  );
  const n = k.apply("f64x2.nearest", "float64", mul(t, k.double(Math.LOG2E)));
  const r = sub(t, mul(n, k.double(Math.LN2)));
  const taylor = Array.from({ length: 13 }, (_, i) => 12 - i).map((i) => 1 / factorial(i));
  const biased = k.apply("i64x2.add", "float64", add(n, k.double(magic)), k.long(1023n - magicBits));
  return mul(polynomial(taylor, r), k.shift("i64x2.shl", "float64", biased, 52));
}

type Binary = (x: Node, y: Node) => Node;

interface Doubles {
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  /** Coefficients from the highest power on. */
  readonly polynomial: (coefficients: readonly number[], x: Node) => Node;
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
